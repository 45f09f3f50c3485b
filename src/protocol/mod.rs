//! Floor 1: what a client and an authorization server say to each other.
//!
//! ```text
//!   message                            what is said
//!   token                              what is said inside a token
//!   oauth1, oauth2 (over form, json)   how it is spelt: bytes ◄─► requests, answers, problems
//!   heard                              what a client makes of an answer, in either spelling
//! ```
//!
//! No sockets and no clock, and no state but the book of nonces: a codec turns bytes into values and
//! back, and whoever calls it decides. Whatever comes in, decoding does not panic, takes time and
//! memory in proportion to its input, and looks at [`PARAMETERS_MAX`] parameters at most.

mod ascii;
mod form;
mod heard;
mod message;
pub mod oauth1;
pub mod oauth2;
mod token;

pub use ascii::Ascii;
pub use form::{FormError, PARAMETERS_MAX};
pub use heard::{Heard, Tokens, hear};
pub use message::{Answer, Conclusion, Generation, Protocol};
pub use token::{HANDLE_LETTERS, MUID_LETTERS, Named, TOKEN_LETTERS, TokenCodec, TokenKind};
