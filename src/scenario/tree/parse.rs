//! YAML events to a [`Node`], within limits.
//!
//! The parser streams events, so a file that nests too deeply or copies too much by aliases is
//! refused at the event that goes too far, before memory is spent on it.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as Marks};

use super::{COPIES_MAX, DEPTH_MAX, Entry, NODES_MAX, Node, Size, Value};
use crate::scenario::finding::Finding;
use crate::scenario::source::{SourceId, Sources, Span};

/// The tree of the text `id`.
pub(crate) fn parse(sources: &Sources, id: SourceId) -> Result<Node, Finding> {
    parse_part(sources, id, 0)
}

/// The tree of the text `id` from byte `offset` on.
pub(crate) fn parse_part(sources: &Sources, id: SourceId, offset: usize) -> Result<Node, Finding> {
    parse_range(sources, id, offset..sources.text(id).text.len())
}

/// The tree of the bytes `range` of the text `id`.
pub(crate) fn parse_range(
    sources: &Sources,
    id: SourceId,
    range: std::ops::Range<usize>,
) -> Result<Node, Finding> {
    let offset = range.start;
    let text = &sources.text(id).text[range];
    let places = Places::new(text, id, offset);
    refuse_control_characters(text, &places)?;
    let mut builder = Builder::new(&places);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, marks)) => builder.take(event, marks)?,
            Err(error) => return Err(places.scan_error(&error)),
        }
    }
    builder.finish()
}

/// YAML allows no control characters but tab and line ends (YAML 1.2.2 §5.1).
fn refuse_control_characters(text: &str, places: &Places<'_>) -> Result<(), Finding> {
    let forbidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    match text.char_indices().find(|&(_, c)| forbidden(c)) {
        None => Ok(()),
        Some((at, c)) => {
            let message = format!("control character U+{:04X} in the text", u32::from(c));
            Err(Finding::at(places.span(at..at + c.len_utf8()), message)
                .help("YAML allows none but tab and line ends; is this a text file?"))
        }
    }
}

/// Turns the parser's character counts into bytes.
struct Places<'a> {
    text: &'a str,
    id: SourceId,
    offset: usize,
    /// Byte of each character; empty if every character is one byte.
    bytes: Vec<u32>,
}

impl<'a> Places<'a> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "texts are limited to a few megabytes when they are read"
    )]
    fn new(text: &'a str, id: SourceId, offset: usize) -> Self {
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| at as u32).collect()
        };
        Self { text, id, offset, bytes }
    }

    fn byte(&self, mark: Marker) -> usize {
        if self.bytes.is_empty() {
            mark.index().min(self.text.len())
        } else {
            self.bytes.get(mark.index()).map_or(self.text.len(), |&at| at as usize)
        }
    }

    fn span(&self, range: std::ops::Range<usize>) -> Span {
        self.id.span(range.start + self.offset..range.end + self.offset)
    }

    /// The bytes between the marks, without trailing blanks, and only the first line of them.
    fn first_line(&self, marks: Marks) -> Span {
        let (start, end) = (self.byte(marks.start), self.byte(marks.end));
        let slice = self.text.get(start..end.max(start)).unwrap_or("");
        let line = slice.lines().next().unwrap_or("").trim_end();
        self.span(start..start + line.len())
    }

    /// All bytes between the marks, without trailing blanks.
    fn whole(&self, marks: Marks) -> Span {
        let (start, end) = (self.byte(marks.start), self.byte(marks.end));
        let slice = self.text.get(start..end.max(start)).unwrap_or("");
        self.span(start..start + slice.trim_end().len())
    }

    fn scan_error(&self, error: &saphyr_parser::ScanError) -> Finding {
        let at = self.byte(*error.marker());
        let finding = Finding::at(self.span(at..at), format!("invalid YAML: {}", error.info()));
        if self.text[..at].ends_with('\t') || self.text[at..].starts_with('\t') {
            finding.help("YAML is indented with spaces, not with tabs")
        } else if error.info().contains("mapping values are not allowed") {
            finding.help("a text that contains `: ` must be quoted")
        } else if ["invalid indentation", "expected ',' or"]
            .iter()
            .any(|sign| error.info().contains(sign))
        {
            finding.help("is a bracket or a quote before this left open?")
        } else {
            finding
        }
    }
}

/// A list or a map that is not complete yet.
enum Frame {
    Seq {
        span: Span,
        anchor: usize,
        items: Vec<Node>,
    },
    Map {
        span: Span,
        anchor: usize,
        entries: Vec<Entry>,
        seen: BTreeMap<String, Span>,
        key: Option<(String, Span)>,
    },
}

struct Builder<'a> {
    places: &'a Places<'a>,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Node>,
    size: Size,
}

impl<'a> Builder<'a> {
    fn new(places: &'a Places<'a>) -> Self {
        Self {
            places,
            stack: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            size: Size::default(),
        }
    }

    fn take(&mut self, event: Event<'_>, marks: Marks) -> Result<(), Finding> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err(Finding::at(
                self.places.first_line(marks),
                "a second YAML document begins here",
            )
            .help("a scenario is one document: put the other into a file of its own")),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.places.whole(marks);
                refuse_tag(span, tag.is_some())?;
                self.count(span, Size { nodes: 1, bytes: text.len() })?;
                let node = Node {
                    span,
                    value: Value::Scalar {
                        text: text.into_owned(),
                        plain: style == ScalarStyle::Plain,
                    },
                };
                self.place(node, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                let span = self.open(marks, tag.is_some())?;
                self.stack.push(Frame::Seq { span, anchor, items: Vec::new() });
                Ok(())
            }
            Event::MappingStart(anchor, tag) => {
                let span = self.open(marks, tag.is_some())?;
                self.stack.push(Frame::Map {
                    span,
                    anchor,
                    entries: Vec::new(),
                    seen: BTreeMap::new(),
                    key: None,
                });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(marks),
            Event::Alias(anchor) => self.copy(anchor, self.places.first_line(marks)),
        }
    }

    /// Begins a list or a map.
    fn open(&mut self, marks: Marks, tagged: bool) -> Result<Span, Finding> {
        let start = self.places.byte(marks.start);
        let line = self.places.text[start..].lines().next().unwrap_or("");
        let span = self.places.span(start..start + line.trim_end().len());
        refuse_tag(span, tagged)?;
        if self.stack.len() >= DEPTH_MAX {
            return Err(Finding::at(
                self.places.span(start..start),
                format!("nested more than {DEPTH_MAX} levels deep"),
            ));
        }
        if let Some(Frame::Map { key: None, .. }) = self.stack.last() {
            return Err(Finding::at(span, "a list or a map cannot be a key")
                .help("keys are texts; quote a key that begins with `[`, `{` or `?`"));
        }
        self.count(span, Size { nodes: 1, bytes: 0 })?;
        Ok(span)
    }

    /// Ends the innermost list or map.
    fn close(&mut self, marks: Marks) -> Result<(), Finding> {
        let (span, anchor, value) = match self.stack.pop() {
            Some(Frame::Seq { span, anchor, items }) => (span, anchor, Value::Seq(items)),
            Some(Frame::Map { span, anchor, entries, .. }) => (span, anchor, Value::Map(entries)),
            None => return Ok(()),
        };
        // The span so far is the rest of the line; a list or map in brackets may end before.
        let line = span.range();
        let end = self.places.byte(marks.end) + self.places.offset;
        let span = self.places.id.span(line.start..end.clamp(line.start, line.end));
        self.place(Node { span, value }, anchor)
    }

    /// Puts a complete value where it belongs.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Finding> {
        if anchor > 0 {
            // The anchor's own copy counts, so that many nested anchors stay within the limit.
            self.count(node.span, node.size())?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Frame::Seq { items, .. }) => items.push(node),
            Some(Frame::Map { entries, seen, key, .. }) => match key.take() {
                Some((name, key_span)) => entries.push(Entry { key: name, key_span, node }),
                None => *key = Some(new_key(node, seen)?),
            },
        }
        Ok(())
    }

    /// Puts a copy of an anchored value where an alias stands.
    fn copy(&mut self, anchor: usize, span: Span) -> Result<(), Finding> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Finding::at(span, "an alias inside the value it stands for"));
        };
        if self.stack.len() + node.depth() > DEPTH_MAX {
            let message = format!("this alias nests more than {DEPTH_MAX} levels deep");
            return Err(Finding::at(span, message));
        }
        let (size, node) = (node.size(), node.clone());
        self.count(span, size)?;
        self.place(node, 0)
    }

    fn count(&mut self, span: Span, size: Size) -> Result<(), Finding> {
        self.size = self.size + size;
        if self.size.nodes > NODES_MAX {
            let message = format!("more than {NODES_MAX} keys and values, aliases included");
            return Err(Finding::at(span, message).help("the file is too large for a scenario"));
        }
        if self.size.bytes > COPIES_MAX {
            let message = format!("aliases copy more than {} MiB of text", COPIES_MAX >> 20);
            return Err(Finding::at(span, message).help("the file is too large for a scenario"));
        }
        Ok(())
    }

    fn finish(self) -> Result<Node, Finding> {
        self.root.ok_or_else(|| Finding::at(self.places.span(0..0), "the file is empty"))
    }
}

/// A scalar as a key that the map does not have yet.
fn new_key(node: Node, seen: &mut BTreeMap<String, Span>) -> Result<(String, Span), Finding> {
    let span = node.span;
    let name = match node.value {
        Value::Scalar { text, .. } => text,
        Value::Seq(_) | Value::Map(_) => {
            return Err(Finding::at(span, "a list or a map cannot be a key"));
        }
    };
    if name == "<<" {
        return Err(Finding::at(span, "merge keys (`<<`) are not supported")
            .help("use `extends`, `client_defaults` or `clients` for what several parts share"));
    }
    if let Some(first) = seen.insert(name.clone(), span) {
        return Err(Finding::at(span, format!("the key `{name}` stands twice in this map"))
            .label("again here")
            .also(first, "first here"));
    }
    Ok((name, span))
}

fn refuse_tag(span: Span, tagged: bool) -> Result<(), Finding> {
    if tagged {
        return Err(Finding::at(span, "YAML tags (`!…`) are not supported")
            .help("write the value without the tag; quote it if it begins with `!`"));
    }
    Ok(())
}
