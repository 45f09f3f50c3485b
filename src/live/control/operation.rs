//! One thing that can be asked of the control port: where it is asked, what carries it out, and how it
//! is described. All three come from the same types, so that they cannot drift.
//!
//! ```text
//!   fn(&Desk, &Call<Path, Query, Body>) -> Content, or a Problem
//!        │            └── read from the request by serde, described by schemars
//!        └── called by the router        └── written by serde, described by schemars
//! ```

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::api::Ask;
use super::desk::Desk;
use super::parts;
use super::problem::Problem;
use super::reply::{Content, Nothing, Reply};
use crate::base::SimTime;

/// A method that the control port knows. `HEAD` is a `GET` whose content is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "GET" | "HEAD" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// A request as an operation is given it.
#[derive(Debug)]
pub(super) struct Call<P, Q, B> {
    pub(super) path: P,
    pub(super) query: Q,
    pub(super) body: B,
    pub(super) now: SimTime,
}

/// The schemas of an operation's types.
#[derive(Debug)]
pub(super) struct Schemas {
    pub(super) path: Schema,
    pub(super) query: Schema,
    pub(super) body: Schema,
    pub(super) content: Schema,
}

/// A call without parameters and content.
pub(super) type Plain = Call<Nothing, Nothing, Nothing>;

type Carry = dyn Fn(&Desk, &Ask<'_>, u16) -> Result<Reply, Problem>;

/// One operation.
pub(super) struct Operation {
    pub(super) method: Method,
    /// The path, with `{name}` for what varies.
    pub(super) path: &'static str,
    /// What it is about, for grouping.
    pub(super) tag: &'static str,
    /// What it does, in a sentence.
    pub(super) summary: &'static str,
    /// Status of success.
    pub(super) status: u16,
    /// Statuses of problems of its own.
    pub(super) problems: &'static [u16],
    pub(super) content_type: &'static str,
    /// Whether it needs no token: it tells nothing.
    pub(super) is_open: bool,
    pub(super) describe: fn(&mut SchemaGenerator) -> Schemas,
    carry: Box<Carry>,
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.name(), self.path)
    }
}

impl Operation {
    /// An operation that answers 200.
    pub(super) fn new<P, Q, B, C>(
        (method, path): (Method, &'static str),
        tag: &'static str,
        summary: &'static str,
        handler: fn(&Desk, &Call<P, Q, B>) -> C,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        Q: DeserializeOwned + JsonSchema + 'static,
        B: DeserializeOwned + JsonSchema + 'static,
        C: Content + 'static,
    {
        Self {
            method,
            path,
            tag,
            summary,
            status: 200,
            problems: &[],
            content_type: C::TYPE,
            is_open: false,
            describe: describe::<P, Q, B, C>,
            carry: Box::new(move |desk, ask, status| {
                let call = Call {
                    path: read_path(path, ask.path)?,
                    query: parts::query(ask.query).map_err(Problem::senseless)?,
                    body: read_body(ask.body)?,
                    now: ask.now,
                };
                Ok(handler(desk, &call).reply(status))
            }),
        }
    }

    /// The same with another status of success.
    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same with problems of its own.
    pub(super) fn problems(mut self, problems: &'static [u16]) -> Self {
        self.problems = problems;
        self
    }

    /// The same without a token.
    pub(super) fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// Carries it out.
    pub(super) fn carry_out(&self, desk: &Desk, ask: &Ask<'_>) -> Reply {
        (self.carry)(desk, ask, self.status).unwrap_or_else(Problem::reply)
    }

    /// Whether a path is one of this operation's.
    pub(super) fn is_at(&self, path: &str) -> bool {
        let mut theirs = path.split('/');
        let fits = self.path.split('/').all(|own| {
            theirs
                .next()
                .is_some_and(|part| if is_parameter(own) { !part.is_empty() } else { own == part })
        });
        fits && theirs.next().is_none()
    }
}

fn describe<P: JsonSchema, Q: JsonSchema, B: JsonSchema, C: Content>(
    generator: &mut SchemaGenerator,
) -> Schemas {
    // Parameters are listed one by one, so their structs are no components.
    Schemas {
        path: P::json_schema(generator),
        query: Q::json_schema(generator),
        body: generator.subschema_for::<B>(),
        content: C::schema(generator),
    }
}

fn is_parameter(part: &str) -> bool {
    part.starts_with('{')
}

fn read_path<P: DeserializeOwned>(template: &str, path: &str) -> Result<P, Problem> {
    let pairs = template.split('/').zip(path.split('/')).filter(|(own, _)| is_parameter(own));
    let pairs = pairs.map(|(own, part)| {
        let name = own.trim_matches(['{', '}']);
        (Cow::Borrowed(name), percent_decode_str(part).decode_utf8_lossy())
    });
    // A path that cannot be read leads nowhere.
    parts::fill(pairs).map_err(Problem::missing)
}

fn read_body<'a, B: Deserialize<'a>>(body: &'a [u8]) -> Result<B, Problem> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(Problem::senseless)
}
