//! Short texts of a fixed length, without the heap.

use std::fmt;
use std::ops::Deref;

/// `N` ASCII letters, digits or signs: a token before anybody asked for a [`String`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Ascii<N> {
    /// Letters that the codecs of this module chose; all are ASCII.
    pub(in crate::protocol) const fn new(letters: [u8; N]) -> Self {
        Self(letters)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // The letters come from tables of ASCII, so this never falls back.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const N: usize> Deref for Ascii<N> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> From<Ascii<N>> for String {
    fn from(text: Ascii<N>) -> Self {
        text.as_str().to_owned()
    }
}

impl<const N: usize> fmt::Display for Ascii<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Ascii<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
