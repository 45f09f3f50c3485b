//! `application/x-www-form-urlencoded` and percent-encoding, strictly.
//!
//! A `%` that is not followed by two hexadecimal digits, and octets that are no UTF-8, are errors:
//! a lenient reader would compute signatures over something the client did not sign. What needs no
//! decoding is borrowed.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// How many parameters one message may have, from all its places together.
pub const PARAMETERS_MAX: usize = 64;

/// A decoded name and its decoded value.
pub(in crate::protocol) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// What is wrong with encoded parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// More than [`PARAMETERS_MAX`].
    #[error("more than {PARAMETERS_MAX} parameters")]
    TooMany,
    /// Octets that encode no text.
    #[error("a percent-encoding that is no text")]
    Encoding,
}

/// What a plus sign stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::protocol) enum Plus {
    /// A space, as in forms.
    Space,
    /// Itself, as in RFC 3986.
    Plus,
}

/// Everything but the unreserved characters of RFC 3986 §2.3, as RFC 5849 §3.6 wants it.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text` percent-encoded, uppercase, as RFC 5849 §3.6 wants it; a form reads it too.
pub(in crate::protocol) fn encode(text: &str) -> impl fmt::Display + Iterator<Item = &str> + '_ {
    utf8_percent_encode(text, RESERVED)
}

/// Appends `name=value` to a form.
pub(in crate::protocol) fn push_pair(form: &mut String, name: &str, value: &str) {
    if !form.is_empty() {
        form.push('&');
    }
    form.push_str(name);
    form.push('=');
    form.extend(encode(value));
}

/// Reads a form, appending its pairs to `pairs`. A name without `=` has the empty value.
///
/// # Errors
/// [`FormError`] also when `pairs` would become longer than [`PARAMETERS_MAX`].
pub(in crate::protocol) fn read_pairs<'a>(
    form: &'a [u8],
    pairs: &mut Vec<Pair<'a>>,
) -> Result<(), FormError> {
    for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if pairs.len() >= PARAMETERS_MAX {
            return Err(FormError::TooMany);
        }
        let (name, value) = split_once(pair, b'=').unwrap_or((pair, &[]));
        pairs.push((decode(name, Plus::Space)?, decode(value, Plus::Space)?));
    }
    Ok(())
}

/// The decoded text.
pub(in crate::protocol) fn decode(text: &[u8], plus: Plus) -> Result<Cow<'_, str>, FormError> {
    let special = |byte: &u8| *byte == b'%' || (*byte == b'+' && plus == Plus::Space);
    let Some(first) = text.iter().position(special) else {
        return std::str::from_utf8(text).map(Cow::Borrowed).map_err(|_| FormError::Encoding);
    };
    let mut decoded = Vec::with_capacity(text.len());
    decoded.extend_from_slice(&text[..first]);
    let mut rest = text[first..].iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => hex(rest.next())? << 4 | hex(rest.next())?,
            b'+' if plus == Plus::Space => b' ',
            byte => *byte,
        });
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| FormError::Encoding)
}

/// A name that occurs twice, if any does.
pub(in crate::protocol) fn repeated<'a>(pairs: &'a [Pair<'_>]) -> Option<&'a str> {
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// Whether a `Content-Type` is that of a form, whatever its parameters say.
pub(in crate::protocol) fn is_form(content_type: &[u8]) -> bool {
    let kind = content_type.split(|byte| *byte == b';').next().unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

/// What follows `scheme` and at least one space in an `Authorization` header (RFC 9110 §11.4).
pub(in crate::protocol) fn after_scheme<'a>(header: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let (first, rest) = header.trim_ascii().split_at_checked(scheme.len())?;
    let spaced = rest.first().is_none_or(|byte| *byte == b' ' || *byte == b'\t');
    (spaced && first.eq_ignore_ascii_case(scheme.as_bytes())).then(|| rest.trim_ascii())
}

/// The parts before and after the first `byte`.
pub(in crate::protocol) fn split_once(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|b| *b == byte)?;
    Some((&text[..place], &text[place + 1..]))
}

fn hex(digit: Option<&u8>) -> Result<u8, FormError> {
    match digit {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(FormError::Encoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_is_strict() {
        let cases: [(&str, Plus, Option<&str>); 10] = [
            ("plain", Plus::Space, Some("plain")),
            ("a+b%20c", Plus::Space, Some("a b c")),
            ("a+b%20c", Plus::Plus, Some("a+b c")),
            ("%E2%98%83", Plus::Space, Some("☃")),
            ("☃", Plus::Space, Some("☃")),
            ("%3d%3D", Plus::Plus, Some("==")),
            ("%", Plus::Space, None),
            ("%4", Plus::Space, None),
            ("%4g", Plus::Space, None),
            ("%FF", Plus::Space, None),
        ];
        for (text, plus, expected) in cases {
            assert_eq!(decode(text.as_bytes(), plus).ok().as_deref(), expected, "{text}");
        }
        assert_eq!(decode(b"\xff", Plus::Space), Err(FormError::Encoding));
    }

    #[test]
    fn only_what_needs_it_is_encoded() {
        let unreserved = "AZaz09-._~";
        assert_eq!(encode(unreserved).to_string(), unreserved);
        assert_eq!(encode(" +%&=*'\"☃").to_string(), "%20%2B%25%26%3D%2A%27%22%E2%98%83");
    }

    #[test]
    fn pairs_are_bounded() {
        let mut pairs = Vec::new();
        read_pairs(b"a=1&&b&c==&", &mut pairs).unwrap();
        let expected = [("a", "1"), ("b", ""), ("c", "=")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.into(), value.into())));
        assert_eq!(repeated(&pairs), None);
        read_pairs(b"b=2", &mut pairs).unwrap();
        assert_eq!(repeated(&pairs), Some("b"));
        let many = "x=1&".repeat(PARAMETERS_MAX - 4);
        assert_eq!(read_pairs(many.as_bytes(), &mut pairs), Ok(()));
        assert_eq!(read_pairs(b"x", &mut pairs), Err(FormError::TooMany));
    }

    #[test]
    fn headers_are_taken_apart() {
        assert!(is_form(b"Application/X-WWW-Form-Urlencoded ; charset=utf-8"));
        assert!(!is_form(b"application/json"));
        assert_eq!(after_scheme(b"basic  abc", "Basic"), Some(&b"abc"[..]));
        assert_eq!(after_scheme(b"OAuth", "OAuth"), Some(&b""[..]));
        assert_eq!(after_scheme(b"OAuthX a", "OAuth"), None);
        assert_eq!(after_scheme(b"OA", "OAuth"), None);
    }
}
