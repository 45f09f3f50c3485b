//! What is turned away at the door: rate limits as token buckets, and a limit on what is under way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::spec::{AdmissionSpec, RateLimit, RateScope};
use crate::base::{SimDuration, SimTime};

/// Whose request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The number of its partner.
    pub partner: usize,
    /// The index of its cohort.
    pub app: usize,
}

/// A request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnedAway {
    /// With 429 or 503.
    pub status: u16,
    /// What `Retry-After` says, if it is there.
    pub retry_after: Option<SimDuration>,
}

/// The door's memory.
#[derive(Debug, Clone)]
pub struct Admission {
    spec: AdmissionSpec,
    /// The buckets of each rate limit.
    buckets: Vec<Vec<Bucket>>,
    /// When those under way are done, if that is limited.
    until: BinaryHeap<Reverse<SimTime>>,
}

/// A token bucket, kept as the time at which it will be full: a request moves that by one interval.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    full_at: SimTime,
}

impl Bucket {
    /// When the next token is there.
    fn ready_at(self, limit: &RateLimit) -> SimTime {
        let holds = limit.interval.as_micros().saturating_mul(u64::from(limit.burst.max(1) - 1));
        self.full_at - SimDuration::from_micros(holds)
    }

    fn take(&mut self, limit: &RateLimit, now: SimTime) {
        self.full_at = self.full_at.max(now) + limit.interval;
    }
}

impl Admission {
    /// A door for so many partners and apps.
    pub fn new(spec: AdmissionSpec, partners: usize, apps: usize) -> Self {
        let buckets = spec.rate_limits.iter().map(|limit| {
            let count = match limit.per {
                RateScope::Partner => partners,
                RateScope::App => apps,
                RateScope::Server => 1,
            };
            vec![Bucket { full_at: SimTime::ZERO }; count]
        });
        Self { buckets: buckets.collect(), until: BinaryHeap::new(), spec }
    }

    /// Whether a request may come in at `now`, when so many are present. It takes its tokens if it may, even
    /// if it then finds the queue full, and none if not.
    ///
    /// # Errors
    /// [`TurnedAway`]: the answer it gets instead.
    pub fn admit(
        &mut self,
        caller: Caller,
        present: usize,
        now: SimTime,
    ) -> Result<(), TurnedAway> {
        if self.spec.max_concurrent.is_some_and(|most| present >= most as usize) {
            let AdmissionSpec { status, retry_after, .. } = self.spec;
            return Err(TurnedAway { status, retry_after });
        }
        for (limit, buckets) in self.spec.rate_limits.iter().zip(&self.buckets) {
            let ready_at = buckets[place(limit, caller)].ready_at(limit);
            if ready_at > now {
                let next =
                    SimDuration::from_secs(ready_at.since(now).as_micros().div_ceil(1_000_000));
                return Err(TurnedAway {
                    status: 429,
                    retry_after: Some(self.spec.retry_after.unwrap_or(next)),
                });
            }
        }
        for (limit, buckets) in self.spec.rate_limits.iter().zip(&mut self.buckets) {
            buckets[place(limit, caller)].take(limit, now);
        }
        Ok(())
    }

    /// A request that was let in is under way until `done`.
    pub fn entered(&mut self, done: SimTime) {
        if self.spec.max_concurrent.is_some() {
            self.until.push(Reverse(done));
        }
    }

    /// How many of those that [entered](Self::entered) are still there.
    pub fn under_way(&mut self, now: SimTime) -> usize {
        while self.until.peek().is_some_and(|done| done.0 <= now) {
            self.until.pop();
        }
        self.until.len()
    }
}

fn place(limit: &RateLimit, caller: Caller) -> usize {
    match limit.per {
        RateScope::Partner => caller.partner,
        RateScope::App => caller.app,
        RateScope::Server => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(n)
    }

    fn spec(max_concurrent: Option<u32>, rate_limits: Vec<RateLimit>) -> AdmissionSpec {
        AdmissionSpec { max_concurrent, status: 503, retry_after: None, rate_limits }
    }

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_its_rate() {
        let interval = SimDuration::from_secs(10);
        let limit = RateLimit { per: RateScope::Partner, interval, burst: 2 };
        let mut door = Admission::new(spec(None, vec![limit]), 2, 1);
        let mut ask = |partner, at| door.admit(Caller { partner, app: 0 }, 0, secs(at));
        let wait =
            |n| Err(TurnedAway { status: 429, retry_after: Some(SimDuration::from_secs(n)) });
        for (at, answer) in [
            (0, Ok(())),
            (0, Ok(())),
            (1, wait(9)),
            (10, Ok(())),
            (11, wait(9)),
            (40, Ok(())),
            (40, Ok(())),
        ] {
            assert_eq!(ask(0, at), answer, "at {at}");
        }
        assert_eq!(ask(1, 40), Ok(()), "each partner has a bucket of its own");
    }

    #[test]
    fn so_many_are_under_way_and_no_more() {
        let mut door = Admission::new(spec(Some(2), vec![]), 1, 1);
        let caller = Caller { partner: 0, app: 0 };
        for done in [5, 9] {
            assert_eq!(door.admit(caller, 0, secs(0)), Ok(()));
            door.entered(secs(done));
        }
        let mut ask = |at| {
            let present = door.under_way(secs(at));
            door.admit(caller, present, secs(at))
        };
        assert_eq!(ask(4), Err(TurnedAway { status: 503, retry_after: None }));
        assert_eq!(ask(5), Ok(()));
    }

    #[test]
    fn a_request_that_is_turned_away_takes_no_token() {
        let limit = |per, burst| RateLimit { per, interval: SimDuration::from_secs(100), burst };
        let limits = vec![limit(RateScope::Server, 2), limit(RateScope::App, 1)];
        let mut door = Admission::new(spec(None, limits), 1, 2);
        let mut ask = |app| door.admit(Caller { partner: 0, app }, 0, secs(0)).is_ok();
        assert_eq!([ask(0), ask(0), ask(1), ask(1)], [true, false, true, false]);
    }
}
