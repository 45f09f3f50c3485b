//! The keys of a map, taken out one by one: what stays is unknown, what is not there is missing.

use super::{Form, Reader, Reported};
use crate::scenario::finding::Finding;
use crate::scenario::source::Span;
use crate::scenario::tree::{Entry, Node};

/// The keys of one section while it is read.
pub(crate) struct Fields<'n> {
    entries: &'n [Entry],
    known: &'static [&'static str],
    place: Span,
}

impl<'n> Fields<'n> {
    /// The keys of `node`, which must be a map; `known` are those the section has.
    pub(crate) fn of(
        node: &'n Node,
        what: &str,
        known: &'static [&'static str],
        reader: &mut Reader<'_>,
    ) -> Option<Self> {
        let entries = match node.entries() {
            Some(entries) => entries,
            None if node.is_null() => &[],
            None => {
                let keys = crate::scenario::finding::listed(known).replace(" or ", " and ");
                let finding = Finding::at(
                    node.span,
                    format!("expected {what} as a map, found {}", node.found()),
                );
                reader.report(finding.help(format!("its keys are {keys}")));
                return None;
            }
        };
        Some(Self { entries, known, place: reader.section.unwrap_or(node.span) })
    }

    /// The value of a key that must be there. `about` and `example` say what is missing.
    pub(crate) fn required<T: Form>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        about: &str,
        example: &str,
    ) -> Option<T> {
        let Some(entry) = self.entry(key) else {
            let about = first_sentence(about);
            reader.report(
                Finding::at(self.place, format!("the key `{key}` is missing"))
                    .label(format!("`{key}` is missing here"))
                    .help(format!("{key}: {about} For example `{key}: {example}`")),
            );
            return None;
        };
        reader.under(entry.key_span, &entry.node)
    }

    /// The value of a key, or `default`.
    pub(crate) fn or<T: Form>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
        default: impl FnOnce() -> T,
    ) -> Option<T> {
        match self.entry(key) {
            Some(entry) => reader.under(entry.key_span, &entry.node),
            None => Some(default()),
        }
    }

    /// The value of a key that may be absent.
    pub(crate) fn optional<T: Form>(
        &self,
        reader: &mut Reader<'_>,
        key: &str,
    ) -> Result<Option<T>, Reported> {
        match self.entry(key) {
            Some(entry) => reader.under(entry.key_span, &entry.node).map(Some).ok_or(Reported),
            None => Ok(None),
        }
    }

    /// Reports every key that the section does not have.
    pub(crate) fn finish(self, reader: &mut Reader<'_>) {
        for entry in self.entries {
            if !self.known.contains(&entry.key.as_str()) {
                let missing = self.known.iter().copied();
                reader.report(
                    Finding::at(entry.key_span, format!("unknown key `{}`", entry.key))
                        .suggest(&entry.key, missing),
                );
            }
        }
    }

    fn entry(&self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key && !entry.node.is_null())
    }
}

/// The first sentence of a description.
fn first_sentence(text: &str) -> &str {
    let text = text.trim();
    text.find(". ").map_or(text, |at| &text[..=at])
}
