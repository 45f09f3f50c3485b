//! What a client does to restrain itself: its retry budget, its circuit breaker and its pool.

use super::incident::probability;
use crate::client::{CircuitBreaker, PoolSize, RetryBudget};
use crate::scenario::file::ClientForm;
use crate::scenario::finding::Finding;
use crate::scenario::read::{Reader, Reported, Spanned};

/// The most retries that are saved up, attempts that a breaker looks back on, connections of a pool.
const BURST_MAX: u32 = 1_000_000;
const WINDOW_MAX: u32 = 10_000;
const POOL_MAX: u32 = 1_000_000;

/// The retry budget, if there is one.
pub(super) fn retry_budget(
    client: &ClientForm,
    reader: &mut Reader<'_>,
) -> Result<Option<RetryBudget>, Reported> {
    let Some(form) = &client.retry_budget else {
        return Ok(None);
    };
    let burst = between("the burst of a retry budget", &form.burst, BURST_MAX, reader)?;
    let (ratio, per) = (probability(form.ratio), (&form.per).into());
    Ok(Some(RetryBudget { ratio, burst, per }))
}

/// The circuit breaker.
pub(super) fn circuit_breaker(
    client: &ClientForm,
    reader: &mut Reader<'_>,
) -> Result<Option<CircuitBreaker>, Reported> {
    let Some(form) = &client.circuit_breaker else {
        return Ok(None);
    };
    let failures = probability(form.failures.value);
    if failures.is_never() {
        let message = "a circuit breaker that opens at 0% of failures is always open";
        reader.report(
            Finding::at(form.failures.span, message).help("leave `circuit_breaker` out for none"),
        );
        return Err(Reported);
    }
    let over = Spanned { value: u32::from(form.over.value), span: form.over.span };
    between("the attempts that a circuit breaker looks back on", &over, WINDOW_MAX, reader)?;
    let open_for = form.open_for.value;
    if open_for.is_zero() {
        let message = "a circuit breaker that is open for no time lets everything through";
        let help = "leave `circuit_breaker` out for none";
        reader.report(Finding::at(form.open_for.span, message).help(help));
        return Err(Reported);
    }
    let (over, per) = (form.over.value, (&form.per).into());
    Ok(Some(CircuitBreaker { failures, over, open_for, per }))
}

/// The pool of a partner.
pub(super) fn pool(
    client: &ClientForm,
    reader: &mut Reader<'_>,
) -> Result<Option<PoolSize>, Reported> {
    let Some(form) = &client.pool else {
        return Ok(None);
    };
    between("the size of a pool", &form.size, POOL_MAX, reader).map(|size| Some(PoolSize(size)))
}

/// A number from 1 to `most`.
fn between(
    what: &str,
    number: &Spanned<u32>,
    most: u32,
    reader: &mut Reader<'_>,
) -> Result<u32, Reported> {
    if (1..=most).contains(&number.value) {
        return Ok(number.value);
    }
    let message = format!("{what}: expected 1 to {most}, found {}", number.value);
    reader.report(Finding::at(number.span, message));
    Err(Reported)
}
