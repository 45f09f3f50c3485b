//! The texts a scenario is made of, and places in them.
//!
//! A scenario can span several texts: its file, the files it extends, and the `--set` arguments. A
//! [`Span`] is a stretch of bytes in one of them, so that every value knows where it was written.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::confines::Confines;

/// A stretch of one text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    source: u16,
    start: u32,
    end: u32,
}

/// One text: a file, or an argument of the command line.
#[derive(Debug)]
pub(crate) struct Source {
    /// How it is shown to the user.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
    /// Where relative file names in it start from.
    pub(crate) folder: PathBuf,
}

/// All texts of one scenario, and where further ones may lie.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    texts: Vec<Source>,
    confines: Confines,
}

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourceId(u16);

impl SourceId {
    /// The bytes `range` of this text.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "texts are limited to a few megabytes when they are read"
    )]
    pub(crate) fn span(self, range: Range<usize>) -> Span {
        Span { source: self.0, start: range.start as u32, end: range.end.max(range.start) as u32 }
    }
}

impl Span {
    /// Which text it lies in.
    pub(crate) fn source(self) -> SourceId {
        SourceId(self.source)
    }

    /// The bytes it covers.
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The part of this span that `range` (bytes, from its start) names.
    pub(crate) fn part(self, range: Range<usize>) -> Self {
        let start = self.start as usize;
        self.source().span(start + range.start..start + range.end)
    }
}

impl Sources {
    /// No text so far; further ones may lie within `confines`.
    pub(crate) fn within(confines: Confines) -> Self {
        Self { texts: Vec::new(), confines }
    }

    /// Where files that the scenario names may lie.
    pub(crate) fn confines(&self) -> &Confines {
        &self.confines
    }

    /// Adds a text. Beyond 65,535 texts the last one is named for all: depth limits forbid as many.
    pub(crate) fn add(&mut self, name: &str, text: String, folder: &Path) -> SourceId {
        self.texts.push(Source { name: name.to_owned(), text, folder: folder.to_owned() });
        SourceId(u16::try_from(self.texts.len() - 1).unwrap_or(u16::MAX))
    }

    /// The text `id`.
    pub(crate) fn text(&self, id: SourceId) -> &Source {
        &self.texts[usize::from(id.0)]
    }

    /// The folder of the scenario file itself.
    pub(crate) fn first_folder(&self) -> PathBuf {
        self.texts.first().map(|source| source.folder.clone()).unwrap_or_default()
    }

    /// What `span` covers.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text(span.source()).text.get(span.range()).unwrap_or("")
    }

    /// Line and column of the start of `span`, both from 1; columns count characters.
    pub(crate) fn line_column(&self, span: Span) -> (usize, usize) {
        let text = &self.text(span.source()).text;
        let start = span.range().start.min(text.len());
        let before = text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }
}
