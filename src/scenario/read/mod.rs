//! Pass 3: from a tree to typed sections, with every error of the file in one sink.
//!
//! A [`Form`] is a type that has a written form: it reads it, writes it in one canonical way, and
//! describes it as JSON schema. [`section!`] and [`choice!`] make all three from one definition, so
//! reader, writer and schema cannot drift apart.

pub(crate) mod choice;
mod duration;
mod fields;
mod quantity;
mod rate;
mod scalar;
pub(crate) mod section;

pub(crate) use choice::{Picked, choice};
pub(crate) use duration::Lasting;
pub(crate) use fields::Fields;
pub(crate) use quantity::{OrNone, Share, number_text, parse_number, parse_share, percent_text};
pub(crate) use rate::Rate;
pub(crate) use scalar::{List, Name, Named, Raw, Spanned};
pub(crate) use section::section;

use schemars::JsonSchema;

use super::finding::{Finding, Sink};
use super::source::{Sources, Span};
use super::tree::Node;

/// What could not be read is in the sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported;

/// A type with a written form.
pub(crate) trait Form: JsonSchema + Sized {
    /// Reads it. `None` if that failed; then the reasons are in the reader's sink.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;

    /// Writes it in its canonical form, which reads as the same value.
    fn write(&self) -> serde_json::Value;
}

/// What a reader needs beside the tree: where errors go, and the key it stands under.
pub(crate) struct Reader<'a> {
    /// The texts, to find places within scalars.
    pub(crate) sources: &'a Sources,
    /// Where errors go.
    pub(crate) sink: &'a mut Sink,
    /// Where the section being read is named: the place for "something is missing here".
    pub(crate) section: Option<Span>,
}

impl Reader<'_> {
    /// Adds an error.
    pub(crate) fn report(&mut self, finding: Finding) {
        self.sink.add(finding);
    }

    /// Adds "expected … found …" about `node`, with `example` as help.
    pub(crate) fn expected(&mut self, node: &Node, what: &str, example: &str) {
        let finding = Finding::at(node.span, format!("expected {what}, found {}", node.found()));
        self.report(if example.is_empty() {
            finding
        } else {
            finding.help(format!("for example `{example}`"))
        });
    }

    /// Reads `node` as a `T` that stands under a key at `section`.
    pub(crate) fn under<T: Form>(&mut self, section: Span, node: &Node) -> Option<T> {
        let outer = self.section.replace(section);
        let value = T::read(node, self);
        self.section = outer;
        value
    }
}
