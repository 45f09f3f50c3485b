//! [`choice!`]: one of several, written as a bare word or as a map with one key.
//!
//! `strict`, or `{ grace: { window: 30m } }`: what serde calls externally tagged, read with messages
//! that name what is allowed.

use super::{Form, Reader, Reported};
use crate::scenario::finding::Finding;
use crate::scenario::source::Span;
use crate::scenario::tree::{Entry, Node, Value};

/// Defines a choice of the scenario file: `Variant = "word"`, or `Variant(Payload) = "word"` for one with
/// particulars; `bare` before the word says that the particulars all have defaults.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        enum $Name:ident ($what:literal) {
            $( $(#[doc = $about:literal])+ $Variant:ident $(($Payload:ty))? = $($bare:ident)? $word:literal ; )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub(crate) enum $Name {
            $( $(#[doc = $about])+ $Variant $(($Payload))? , )+
        }

        impl $Name {
            /// The words that can stand here.
            pub(crate) const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl $crate::scenario::read::Form for $Name {
            fn read(
                node: &$crate::scenario::tree::Node,
                reader: &mut $crate::scenario::read::Reader<'_>,
            ) -> Option<Self> {
                let picked = $crate::scenario::read::choice::Picked::of(
                    node, $what, Self::WORDS, &[], reader,
                )?;
                match picked.word {
                    $( $word => choice!(@read $Variant $($Payload)? ; picked, reader), )+
                    _ => None,
                }
            }

            fn write(&self) -> serde_json::Value {
                match self {
                    $( choice!(@pattern $Variant $($Payload)? ; value) =>
                        choice!(@write $word $($Payload)? ; value), )+
                }
            }
        }

        impl schemars::JsonSchema for $Name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($Name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let _ = &generator;
                let mut forms: Vec<serde_json::Value> = Vec::new();
                $({
                    let about = concat!($($about, "\n"),+).trim().replace("\n ", " ");
                    choice!(@schema forms, generator, $word, about $(, $bare)? ; $($Payload)?);
                })+
                schemars::json_schema!({
                    "description": concat!($($doc, "\n"),+).trim().replace("\n ", " "),
                    "anyOf": forms,
                })
            }
        }
    };

    (@read $Variant:ident ; $picked:ident, $reader:ident) => {
        $picked.nothing($reader).map(|()| Self::$Variant)
    };
    (@read $Variant:ident $Payload:ty ; $picked:ident, $reader:ident) => {
        $picked.payload::<$Payload>($reader).map(Self::$Variant)
    };

    (@pattern $Variant:ident ; $value:ident) => { Self::$Variant };
    (@pattern $Variant:ident $Payload:ty ; $value:ident) => { Self::$Variant($value) };

    (@write $word:literal ; $value:ident) => { $word.into() };
    (@write $word:literal $Payload:ty ; $value:ident) => {
        $crate::scenario::read::choice::tagged($word, $crate::scenario::read::Form::write($value))
    };

    (@schema $forms:ident, $generator:ident, $word:literal, $about:ident ;) => {
        $forms.push($crate::scenario::read::choice::word_schema($word, &$about));
    };
    (@schema $forms:ident, $generator:ident, $word:literal, $about:ident ; $Payload:ty) => {
        let payload = $generator.subschema_for::<$Payload>();
        $forms.push($crate::scenario::read::choice::tagged_schema($word, &$about, payload));
    };
    (@schema $forms:ident, $generator:ident, $word:literal, $about:ident, $bare:ident ; $Payload:ty) => {
        $forms.push($crate::scenario::read::choice::word_schema($word, &$about));
        choice!(@schema $forms, $generator, $word, $about ; $Payload);
    };
}

pub(crate) use choice;

/// Which word of a choice was written, and with what.
pub(crate) struct Picked<'n> {
    /// The word.
    pub(crate) word: &'static str,
    /// Where it stands.
    pub(crate) span: Span,
    /// Its particulars, if it was written as a key.
    pub(crate) node: Option<&'n Node>,
}

impl<'n> Picked<'n> {
    /// The one of `words` that `node` picks. Keys in `beside` may stand beside the word.
    pub(crate) fn of(
        node: &'n Node,
        what: &str,
        words: &'static [&'static str],
        beside: &[&str],
        reader: &mut Reader<'_>,
    ) -> Option<Self> {
        let known = |word: &str| words.iter().find(|&&known| known == word).copied();
        match &node.value {
            Value::Scalar { text, .. } => {
                let Some(word) = known(text) else {
                    let message = format!("expected {what}, found {}", node.found());
                    reader.report(
                        Finding::at(node.span, message).suggest(text, words.iter().copied()),
                    );
                    return None;
                };
                Some(Self { word, span: node.span, node: None })
            }
            Value::Map(entries) => {
                let picked = Self::of_map(entries, what, words, beside, reader).ok()?;
                if picked.is_none() {
                    let place = reader.section.unwrap_or(node.span);
                    reader.report(
                        Finding::at(place, format!("expected {what}, found no word for it"))
                            .help(format!("one of {}", crate::scenario::finding::listed(words))),
                    );
                }
                picked
            }
            Value::Seq(_) => {
                let message = format!("expected {what}, found a list");
                reader.report(Finding::at(node.span, message).suggest("", words.iter().copied()));
                None
            }
        }
    }

    /// The one of `words` that is a key of a map, if one is; two of them are an error.
    fn of_map(
        entries: &'n [Entry],
        what: &str,
        words: &'static [&'static str],
        beside: &[&str],
        reader: &mut Reader<'_>,
    ) -> Result<Option<Self>, Reported> {
        let mut picked: Option<Self> = None;
        for entry in entries {
            let word = words.iter().find(|&&word| word == entry.key).copied();
            match (word, &picked) {
                (Some(word), None) => {
                    picked = Some(Self { word, span: entry.key_span, node: Some(&entry.node) });
                }
                (Some(word), Some(first)) => {
                    let message = format!("`{}` and `{word}` exclude each other", first.word);
                    reader.report(
                        Finding::at(entry.key_span, message).help(format!("{what} is one of them")),
                    );
                    return Err(Reported);
                }
                (None, _) if beside.contains(&entry.key.as_str()) => {}
                (None, _) => {
                    let allowed = words.iter().chain(beside).copied();
                    let message = format!("unknown key `{}` in {what}", entry.key);
                    reader
                        .report(Finding::at(entry.key_span, message).suggest(&entry.key, allowed));
                    return Err(Reported);
                }
            }
        }
        Ok(picked)
    }

    /// The particulars.
    pub(crate) fn payload<T: Form>(&self, reader: &mut Reader<'_>) -> Option<T> {
        match self.node {
            Some(node) => reader.under(self.span, node),
            None => reader.under(self.span, &Node::plain(self.span, "")),
        }
    }

    /// Makes sure that there are no particulars.
    pub(crate) fn nothing(&self, reader: &mut Reader<'_>) -> Option<()> {
        match self.node {
            None => Some(()),
            Some(node) if node.is_null() || node.entries().is_some_and(<[_]>::is_empty) => Some(()),
            Some(node) => {
                let message = format!("`{}` takes no particulars", self.word);
                reader
                    .report(Finding::at(node.span, message).help(format!("write `{}`", self.word)));
                None
            }
        }
    }
}

/// `{ word: value }`, or the word alone where the value is an empty map.
pub(crate) fn tagged(word: &str, value: serde_json::Value) -> serde_json::Value {
    let mut map = serde_json::Map::new();
    map.insert(word.to_owned(), value);
    map.into()
}

/// The schema of a bare word.
pub(crate) fn word_schema(word: &str, about: &str) -> serde_json::Value {
    serde_json::json!({ "const": word, "description": about })
}

/// The schema of `{ word: payload }`.
pub(crate) fn tagged_schema(
    word: &str,
    about: &str,
    payload: schemars::Schema,
) -> serde_json::Value {
    let mut payload = payload;
    payload.insert("description".to_owned(), about.into());
    serde_json::json!({
        "type": "object",
        "description": about,
        "properties": { word: payload },
        "required": [word],
        "additionalProperties": false,
    })
}
