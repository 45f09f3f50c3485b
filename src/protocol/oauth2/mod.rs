//! OAuth 2.0 (RFC 6749) on the wire: requests to the token endpoint and their answers.
//!
//! ```text
//!   client                                                        server
//!   refresh_form, basic ──► POST form, Authorization: Basic ──► TokenRequest::parse
//!   read_answer ◄────────── 200 JSON of a TokenAnswer ◄──────── TokenAnswer::body
//!               ◄────────── 400 {"error":"invalid_grant"} ◄──── Error::body
//! ```
//!
//! Absent on purpose: who a client is and whether a grant stands. That is `authority`.

mod answer;
mod authorize;
mod error;
mod json;
mod metadata;
mod request;
mod xero;

pub use answer::{Reading, TokenAnswer, read_answer};
pub use authorize::{AuthorizeError, AuthorizeRequest, CodeChallenge};
pub use error::Error;
pub use metadata::Metadata;
pub use request::{AuthenticatedBy, ClientAuthentication, Grant, TokenRequest};
pub use request::{basic, refresh_form};
pub use xero::{authentication_unsuccessful, throttled, token_expired};
