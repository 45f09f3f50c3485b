//! The errors of a scenario as a user and a machine read them.
//!
//! A [`Diagnostic`] holds its place and the lines it speaks of, so it outlives the texts. It renders
//! as `rustc` would show it, and its fields make annotations for a code review.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::finding::{Finding, Sink};
use super::source::{Sources, Span};
use crate::base::text::shown;

/// All errors of one scenario; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    left_out: usize,
}

/// One error of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file it is in, or `--set` for an argument.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What to say at the caret; may be empty.
    pub label: String,
    /// How to mend it.
    pub help: Option<String>,
    excerpts: Vec<Excerpt>,
}

/// A line of a text with the part of it that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    file: String,
    line: usize,
    text: String,
    start: usize,
    end: usize,
    label: String,
    /// Whether the text is only a part of its line.
    cut: bool,
}

impl Diagnostics {
    /// The findings of `sink`, with the places they have in `sources`. `file` names the scenario for
    /// findings without a place.
    pub(crate) fn new(file: &str, sources: &Sources, sink: Sink) -> Self {
        let left_out = sink.left_out();
        let items = sink
            .into_sorted()
            .into_iter()
            .map(|finding| Diagnostic::new(file, sources, finding))
            .collect();
        Self { items, left_out }
    }

    /// The errors, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    /// How many errors there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All errors as text for a person: message, place, the line with a caret, help. With `colour`,
    /// in the colours of a terminal.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled().hyperlink(false) } else { Renderer::plain() };
        let mut blocks: Vec<String> =
            self.items.iter().map(|item| renderer.render(&item.report())).collect();
        if self.left_out > 0 {
            blocks.push(format!("… and {} more", self.left_out));
        }
        blocks.join("\n\n")
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostic {
    fn new(file: &str, sources: &Sources, finding: Finding) -> Self {
        let mut excerpts = Vec::new();
        let (mut place, mut name) = ((1, 1), file.to_owned());
        if let Some(span) = finding.span {
            place = sources.line_column(span);
            name.clone_from(&sources.text(span.source()).name);
            excerpts.push(Excerpt::new(sources, span, &finding.label));
        }
        if let Some(also) = &finding.also {
            excerpts.push(Excerpt::new(sources, also.0, &also.1));
        }
        Self {
            file: name,
            line: place.0,
            column: place.1,
            message: finding.message,
            label: finding.label,
            help: finding.help,
            excerpts,
        }
    }

    fn report(&self) -> Vec<Group<'_>> {
        let cut = self.excerpts.first().is_some_and(|excerpt| excerpt.cut);
        let title = if cut {
            let place = format!("{}:{}:{}", shown(&self.file), self.line, self.column);
            Level::ERROR.primary_title(format!("{} ({place})", self.message))
        } else {
            Level::ERROR.primary_title(self.message.as_str())
        };
        let mut group = Group::with_title(title);
        for (index, excerpt) in self.excerpts.iter().enumerate() {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let label = Some(excerpt.label.as_str()).filter(|label| !label.is_empty());
            let snippet = Snippet::source(excerpt.text.as_str())
                .line_start(excerpt.line)
                .annotation(kind.span(excerpt.start..excerpt.end).label(label));
            // The renderer counts columns from the cut, so the title says the place of a cut line.
            group = group.element(if excerpt.cut {
                snippet
            } else {
                snippet.path(excerpt.file.as_str())
            });
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        vec![group]
    }
}

impl Excerpt {
    /// The first line of `span`; a very long line is cut around it.
    fn new(sources: &Sources, span: Span, label: &str) -> Self {
        // The renderer trims what does not fit on a screen; this only spares it megabytes.
        const LONGEST: usize = 2_000;
        const AROUND: usize = 60;
        let source = sources.text(span.source());
        let text = source.text.as_str();
        let range = span.range();
        let start = floor(text, range.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let mut end = floor(text, range.end.clamp(start, line_end));
        let (mut from, mut to) = (line_start, line_end);
        if line_end - line_start > LONGEST {
            from = floor(text, start.saturating_sub(AROUND).max(line_start));
            end = floor(text, end.min(start + 2 * AROUND));
            to = floor(text, (end + AROUND).min(line_end));
        }
        let line = sources.line_column(span).0;
        let cut = from > line_start || to < line_end;
        let excerpt = text[from..to].trim_end_matches('\r');
        let (start, end) = ((start - from).min(excerpt.len()), (end - from).min(excerpt.len()));
        let [before, meant, after] =
            [&excerpt[..start], &excerpt[start..end], &excerpt[end..]].map(visible);
        Self {
            file: shown(&source.name).into_owned(),
            line,
            start: before.len(),
            end: before.len() + meant.len(),
            text: [before, meant, after].concat(),
            label: label.to_owned(),
            cut,
        }
    }
}

/// A part of a line as it can be shown; tabs are left to the renderer.
fn visible(text: &str) -> String {
    text.split('\t').map(shown).collect::<Vec<_>>().join("\t")
}

/// The last character boundary of `text` at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
