//! The parts of a target as values: `/orgs/12?limit=5` fills structs that serde derives.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};

/// Why parts do not fill a struct.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Wrong(String);

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Fills `T` from names and values; unknown and repeated names are errors.
pub(super) fn fill<'a, T: Deserialize<'a>>(
    pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<T, Wrong> {
    let pairs = pairs.map(|(name, value)| (name.clone(), Part { name, value }));
    T::deserialize(MapDeserializer::new(pairs))
}

/// Fills `T` from a query.
pub(super) fn query<'a, T: Deserialize<'a>>(query: &'a str) -> Result<T, Wrong> {
    fill(form_urlencoded::parse(query.as_bytes()))
}

/// A value, which is text until somebody wants a number.
struct Part<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
}

impl Part<'_> {
    fn number(&self) -> Result<u64, Wrong> {
        let Self { name, value } = self;
        value.parse().map_err(|_| Wrong(format!("`{name}` is a whole number, not `{value}`")))
    }
}

impl<'de> IntoDeserializer<'de, Wrong> for Part<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Numbers are read, whatever their width; serde checks that.
macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let number = self.number()?;
            let of = |wrong: Wrong| Wrong(format!("`{}`: {wrong}", self.name));
            visitor.visit_u64(number).map_err(of)
        })*
    };
}

impl<'de> Deserializer<'de> for Part<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let of = |wrong: Wrong| Wrong(format!("`{}`: {wrong}", self.name));
        visitor.visit_enum(self.value.into_deserializer()).map_err(of)
    }

    numbers! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        #[serde(default)]
        limit: Option<u16>,
        cohort: Option<String>,
        state: Option<State>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum State {
        Stale,
    }

    #[test]
    fn a_query_fills_a_struct() {
        let asked =
            Asked { limit: Some(5), cohort: Some("big co".into()), state: Some(State::Stale) };
        assert_eq!(query("limit=5&cohort=big+co&state=stale"), Ok(asked));
        let nothing = Asked { limit: None, cohort: None, state: None };
        assert_eq!(query(""), Ok(nothing));
        // A name may look like a number.
        assert_eq!(query::<Asked>("cohort=7").unwrap().cohort.as_deref(), Some("7"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, wrong) in [
            ("limt=5", "unknown field `limt`, expected one of `limit`, `cohort`, `state`"),
            ("limit=5&limit=6", "duplicate field `limit`"),
            ("limit=five", "`limit` is a whole number, not `five`"),
            ("limit=-1", "`limit` is a whole number, not `-1`"),
            ("limit=65536", "`limit`: invalid value: integer `65536`, expected u16"),
            ("state=lost", "`state`: unknown variant `lost`, expected `stale`"),
        ] {
            assert_eq!(query::<Asked>(text).unwrap_err().to_string(), wrong, "{text}");
        }
    }
}
