//! Problems as the Problem Reporting extension names them.

use std::borrow::Cow;

use crate::protocol::form;

/// What Xero reports, with 503, when a limit is exceeded; no value of the extension.
pub(in crate::protocol) const RATE_LIMIT_EXCEEDED: &str = "rate limit exceeded";

/// A problem as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported<'a> {
    /// The value of `oauth_problem`.
    pub problem: Cow<'a, str>,
    /// The value of `oauth_problem_advice`.
    pub advice: Option<Cow<'a, str>>,
}

/// Reads the body of a failed request; `None` if it reports no problem.
pub fn read_problem(body: &[u8]) -> Option<Reported<'_>> {
    let mut pairs = Vec::with_capacity(4);
    form::read_pairs(body.trim_ascii_end(), &mut pairs).ok()?;
    let mut take = |name: &str| {
        pairs.iter_mut().find(|(n, _)| n == name).map(|(_, value)| std::mem::take(value))
    };
    Some(Reported { problem: take("oauth_problem")?, advice: take("oauth_problem_advice") })
}
