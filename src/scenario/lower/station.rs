//! The station, its door, and its background load.

use crate::base::{Distribution, SimDuration};
use crate::scenario::file::ScenarioForm;
use crate::scenario::file::station::{
    AdmissionForm, BackgroundForm, DisciplineForm, LimitedForm, OverflowForm, RateLimitForm,
    RateScopeForm, StationForm,
};
use crate::scenario::finding::Finding;
use crate::scenario::read::{Reader, Reported, Spanned};
use crate::station::{
    AdmissionSpec, BackgroundSpec, Discipline, Overflow, RateLimit, RateScope, SlowDown,
    StationSpec,
};

/// More workers than any server has; and a bound on tables.
const WORKERS_MAX: u32 = 100_000;
/// More than any server is asked, so that the clock's microseconds can tell arrivals apart.
const PER_SECOND_MAX: f64 = 100_000.0;

/// The station; `Ok(None)` if it is unlimited.
pub(super) fn station(
    form: &ScenarioForm,
    reader: &mut Reader<'_>,
) -> Result<Option<StationSpec>, Reported> {
    let limited = match &form.server.station {
        StationForm::Unlimited => None,
        StationForm::Limited(limited) => Some(limited),
    };
    if limited.is_none() {
        let cutting = form.incident.0.iter().filter(|phase| phase.capacity.is_some());
        let mut complete = true;
        for phase in cutting {
            let message = "an unlimited station has no workers to lose";
            let help = "give `server.station` a number of `workers`";
            reader.report(Finding::at(phase.phase.span, message).help(help));
            complete = false;
        }
        return if complete { Ok(None) } else { Err(Reported) };
    }
    limited.map(|limited| self::limited(&limited.value, reader)).transpose()
}

fn limited(form: &LimitedForm, reader: &mut Reader<'_>) -> Result<StationSpec, Reported> {
    let workers = form.workers.value;
    if !(1..=WORKERS_MAX).contains(&workers) {
        let message = format!("a station has between 1 and {WORKERS_MAX} workers, not {workers}");
        reader.report(Finding::at(form.workers.span, message));
        return Err(Reported);
    }
    let mut slow_down = SlowDown::default();
    if let Some(form) = &form.slow_down {
        slow_down.contention = coefficient(&form.contention, reader)?;
        slow_down.crosstalk = coefficient(&form.crosstalk, reader)?;
    }
    Ok(StationSpec {
        workers,
        queue_limit: form.queue_limit,
        discipline: match form.discipline {
            DisciplineForm::Fifo => Discipline::Fifo,
            DisciplineForm::Lifo => Discipline::Lifo,
        },
        overflow: match form.overflow {
            OverflowForm::Reject => Overflow::Reject,
            OverflowForm::DropOldest => Overflow::DropOldest,
        },
        slow_down,
        cancel_on_disconnect: form.cancel_on_disconnect,
    })
}

fn coefficient(form: &Spanned<f64>, reader: &mut Reader<'_>) -> Result<f64, Reported> {
    if (0.0..=100.0).contains(&form.value) {
        return Ok(form.value);
    }
    let message =
        format!("a coefficient of the slow-down lies between 0 and 100, not {}", form.value);
    reader.report(Finding::at(form.span, message));
    Err(Reported)
}

/// What is turned away at the door.
pub(super) fn admission(
    form: &ScenarioForm,
    reader: &mut Reader<'_>,
) -> Result<Option<AdmissionSpec>, Reported> {
    let Some(form) = &form.server.admission else { return Ok(None) };
    let AdmissionForm { max_concurrent, status, retry_after, rate_limits } = form;
    let limits = rate_limits.iter().flat_map(|list| &list.0);
    let limits: Vec<_> = limits.map(|limit| rate_limit(limit, reader)).collect();
    let status_code = status.as_ref().map_or(503, |status| status.value);
    if let Some(status) = status
        && ![429, 503].contains(&status_code)
    {
        let message = format!("a request over the limit is answered 429 or 503, not {status_code}");
        reader.report(Finding::at(status.span, message));
        return Err(Reported);
    }
    Ok(Some(AdmissionSpec {
        max_concurrent: max_concurrent.0,
        status: status_code,
        retry_after: *retry_after,
        rate_limits: limits.into_iter().collect::<Result<_, _>>()?,
    }))
}

fn rate_limit(form: &RateLimitForm, reader: &mut Reader<'_>) -> Result<RateLimit, Reported> {
    let rate = form.rate.value.per_second();
    if !(rate > 1e-6 && rate <= PER_SECOND_MAX) {
        let message = format!("a rate limit lies between one in ten days and {PER_SECOND_MAX}/s");
        reader.report(Finding::at(form.rate.span, message));
        return Err(Reported);
    }
    if form.burst.value == 0 {
        let message = "a bucket without room for a token lets nobody through";
        reader.report(Finding::at(form.burst.span, message).help("write `burst: 1` or more"));
        return Err(Reported);
    }
    Ok(RateLimit {
        per: match form.per {
            RateScopeForm::Partner => RateScope::Partner,
            RateScopeForm::App => RateScope::App,
            RateScopeForm::Server => RateScope::Server,
        },
        interval: micros(1e6 / rate),
        burst: form.burst.value,
    })
}

/// Traffic besides refreshes.
pub(super) fn background(
    form: &ScenarioForm,
    reader: &mut Reader<'_>,
) -> Result<Option<BackgroundSpec>, Reported> {
    let Some(form) = &form.server.background else { return Ok(None) };
    let BackgroundForm { rate, by_hour, service_time } = form;
    let per_second = rate.value.per_second();
    if per_second > PER_SECOND_MAX {
        let message = format!("the background load is at most {PER_SECOND_MAX}/s");
        reader.report(Finding::at(rate.span, message));
        return Err(Reported);
    }
    let by_hour = match by_hour {
        None => [1.0; 24],
        Some(list) => hours(list).ok_or_else(|| {
            let message = "the factors of the hours are 24 numbers from 0 to 1000";
            reader.report(Finding::at(list.span, message));
            Reported
        })?,
    };
    let service_time: Distribution = service_time.meaning.clone();
    Ok(Some(BackgroundSpec { per_second, by_hour, service_time }))
}

fn hours(list: &Spanned<crate::scenario::read::List<f64>>) -> Option<[f64; 24]> {
    let factors: [f64; 24] = list.value.0.as_slice().try_into().ok()?;
    factors.iter().all(|factor| (0.0..=1000.0).contains(factor)).then_some(factors)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the interval of a rate within its bounds"
)]
fn micros(micros: f64) -> SimDuration {
    SimDuration::from_micros(micros.round() as u64)
}
