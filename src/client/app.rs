//! A profile made ready to run: its distributions compiled, and what it knows of the server.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use super::machine::Ended;
use super::profile::{Concurrency, OnRefusal, Profile, Schedule, Trigger};
use crate::base::{OrgKey, Purpose, QuantileTable, SimDuration, SimTime};

/// Cycles of a lazy app among which the clock's start is chosen: so many that the rate of refreshes at
/// the start is within a sixteenth of what it will be, where calls are as irregular as exponential.
const START_CYCLES: u16 = 16;

/// What an app knows of its server and its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Life of an access token (`expires_in`).
    pub access_token_ttl: SimDuration,
    /// Time from midnight UTC to the clock's start: aligned timetables count from midnight.
    pub start_of_day: SimDuration,
    /// When partners hear of an amnesty, if there is one.
    pub announced: Option<Announcement>,
}

/// When partners hear of an amnesty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// When the first of them do.
    pub at: SimTime,
    /// The time over which they are told, each at its own instant; none, if all are told at once.
    pub stagger: SimDuration,
}

impl Announcement {
    /// When the partner with this key hears of it.
    fn reaches(self, partner: OrgKey) -> SimTime {
        self.at + self.stagger.scaled_by(partner.draw(0, 0, Purpose::Announcement))
    }
}

/// The app that all orgs of a cohort share.
#[derive(Debug, Clone)]
pub struct App {
    pub(super) profile: Profile,
    pub(super) setting: Setting,
    next_call: QuantileTable,
    restrains: bool,
}

impl App {
    /// Compiles a profile for a setting.
    pub fn new(profile: Profile, setting: Setting) -> Self {
        let next_call = QuantileTable::compile(&profile.next_call);
        let restrains = profile.retry_budget.is_some() || profile.circuit_breaker.is_some();
        Self { profile, setting, next_call, restrains }
    }

    /// The profile.
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether it has a budget or a breaker.
    #[inline]
    pub(super) const fn restrains(&self) -> bool {
        self.restrains
    }

    /// Whether a token that it is given is sure to be stored.
    #[inline]
    pub(super) const fn keeps_all(&self) -> bool {
        self.profile.crash_before_store.is_never()
    }

    /// Whether nothing stands between its timer and its request: neither another of its workers nor a
    /// restraint.
    #[inline]
    pub(super) const fn is_direct(&self) -> bool {
        !self.restrains && matches!(self.profile.concurrency, Concurrency::SingleFlight)
    }

    /// When the first of those that react to the amnesty may hear of it; never if there is none.
    pub fn heard_from(&self) -> SimTime {
        self.setting.announced.map_or(SimTime::NEVER, |announced| announced.at)
    }

    /// How many attempts of one refresh can be under way at once.
    pub(super) const fn workers(&self) -> u16 {
        match self.profile.concurrency {
            Concurrency::SingleFlight => 1,
            Concurrency::Racing { workers, .. } => workers,
        }
    }

    /// How long an app waits for an answer.
    pub fn patience(&self) -> SimDuration {
        self.profile.timeout.unwrap_or(self.profile.hang_limit)
    }

    /// The first refresh of an org: the swarm is found in its steady state when the clock starts.
    pub(super) fn first_refresh(&self, key: OrgKey) -> SimTime {
        let draw = key.draw(0, 0, Purpose::StartPhase);
        let ttl = self.setting.access_token_ttl;
        match &self.profile.trigger {
            Trigger::BeforeExpiry { lead } => {
                SimTime::ZERO + ttl.saturating_sub(*lead).scaled_by(draw)
            }
            Trigger::AtExpiry | Trigger::OnUnauthorized => self.lazy_start(key, draw),
            Trigger::Periodic { every, schedule } => match schedule {
                Schedule::Spread => SimTime::ZERO + every.scaled_by(draw),
                Schedule::Aligned => {
                    let past = self.setting.start_of_day.as_micros() % every.as_micros();
                    SimTime::from_micros((every.as_micros() - past) % every.as_micros())
                }
            },
        }
    }

    /// A slot of its timetable, from which the others are counted on; the clock's start if it has none.
    #[inline]
    pub(super) fn any_slot(&self, key: OrgKey) -> SimTime {
        match self.profile.trigger {
            Trigger::Periodic { .. } => self.first_refresh(key),
            Trigger::BeforeExpiry { .. } | Trigger::AtExpiry | Trigger::OnUnauthorized => {
                SimTime::ZERO
            }
        }
    }

    /// The first refresh of a lazy app: the clock starts at a uniform instant of some of its cycles, so
    /// that long ones are met as often as they should be.
    fn lazy_start(&self, key: OrgKey, draw: u64) -> SimTime {
        let cycle = |n| {
            let until_call = self.next_call.at(key.draw(0, n, Purpose::NextCall));
            self.setting.access_token_ttl + SimDuration::from_micros(until_call)
        };
        let all = (0..START_CYCLES).fold(SimDuration::ZERO, |sum, n| sum + cycle(n));
        let start = all.scaled_by(draw);
        let mut end = SimDuration::ZERO;
        for n in 0..START_CYCLES {
            end = end + cycle(n);
            if end > start {
                break;
            }
        }
        SimTime::ZERO + end.saturating_sub(start)
    }

    /// How long before the end of an access token's life the app refreshes, if its timer keeps to that: the
    /// next refresh after a stored one then tells when the token expires.
    pub fn lead(&self) -> Option<SimDuration> {
        match self.profile.trigger {
            Trigger::BeforeExpiry { lead } => Some(lead.min(self.setting.access_token_ttl)),
            Trigger::AtExpiry | Trigger::OnUnauthorized | Trigger::Periodic { .. } => None,
        }
    }

    /// Time until the app next needs a token, as drawn after this refresh.
    #[inline]
    pub(super) fn next_call(&self, key: OrgKey, refresh: u32) -> SimDuration {
        SimDuration::from_micros(self.next_call.at(key.draw(refresh, 0, Purpose::NextCall)))
    }

    /// When the app, if it still tries, refreshes next of its own accord, after a refresh that ended at
    /// `now`; `slot` is the timetable's last one. The server may ask for a later time.
    #[inline(always)]
    pub(super) fn next_refresh(
        &self,
        key: OrgKey,
        (refresh, ended): (u32, Ended),
        now: SimTime,
        not_before: SimTime,
        slot: &mut SimTime,
    ) -> SimTime {
        if let (Ended::Refused, OnRefusal::KeepTrying { every: Some(every) }) =
            (ended, self.profile.on_refusal)
        {
            return now + every;
        }
        let is_stored = ended == Ended::Stored;
        let fresh = if is_stored { self.setting.access_token_ttl } else { SimDuration::ZERO };
        match &self.profile.trigger {
            Trigger::BeforeExpiry { lead } if is_stored => now + fresh.saturating_sub(*lead),
            Trigger::BeforeExpiry { .. } | Trigger::AtExpiry | Trigger::OnUnauthorized => {
                now + fresh + self.next_call(key, refresh)
            }
            Trigger::Periodic { every, .. } => {
                // Whoever is asked to wait leaves out the slots until then.
                let after = now.max(not_before - SimDuration::from_micros(1));
                *slot = next_slot(*slot, *every, after);
                *slot
            }
        }
    }

    /// When the app reacts to the announced amnesty; never if there is none, or it does not care.
    pub(super) fn reaction(&self, key: OrgKey, partner: OrgKey) -> SimTime {
        let Some((announced, reaction)) =
            self.setting.announced.zip(self.profile.reaction.as_ref())
        else {
            return SimTime::NEVER;
        };
        if !reaction.share.says_yes(key.draw(0, 0, Purpose::Reaction)) {
            return SimTime::NEVER;
        }
        let mut stream = key.stream(0, 0, Purpose::ReactionDelay);
        announced.reaches(partner) + to_duration(reaction.delay.sample(&mut stream))
    }
}

/// The first slot of a timetable after `now`, counted on from `slot`. Missed ones are skipped.
pub(super) fn next_slot(slot: SimTime, every: SimDuration, now: SimTime) -> SimTime {
    if slot > now {
        return slot;
    }
    let next = slot + every;
    if next > now {
        return next;
    }
    let missed = now.since(slot).as_micros() / every.as_micros() + 1;
    SimTime::from_micros(slot.as_micros() + missed * every.as_micros())
}

/// Whole microseconds of a sampled delay.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "distributions are never negative, and the cast saturates"
)]
pub(super) fn to_duration(micros: f64) -> SimDuration {
    SimDuration::from_micros(micros.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Distribution, Probability, Seed};
    use crate::client::Reaction;

    const HOUR: SimDuration = SimDuration::from_hours(1);

    /// When an org hears of an amnesty that is told over `stagger`, and reacts at once.
    fn hears(stagger: SimDuration, org: u64, partner: u64) -> SimTime {
        let delay = Distribution::exactly(SimDuration::ZERO);
        let reaction = Some(Reaction { share: Probability::ALWAYS, delay });
        let profile = Profile { reaction, ..Profile::new(Trigger::AtExpiry) };
        let announced = Some(Announcement { at: SimTime::ZERO + HOUR, stagger });
        let setting =
            Setting { access_token_ttl: HOUR, start_of_day: SimDuration::ZERO, announced };
        let key = |number| OrgKey::new(Seed(1), 0, number);
        App::new(profile, setting).reaction(key(org), key(partner))
    }

    #[test]
    fn a_staggered_announcement_reaches_one_partner_after_another() {
        assert_eq!(hears(SimDuration::ZERO, 1, 100), SimTime::ZERO + HOUR);
        assert_eq!(hears(HOUR, 1, 100), hears(HOUR, 2, 100), "orgs of a partner hear together");
        let mut quarters = [0; 4];
        for partner in 0..4_000 {
            let after = hears(HOUR, 1, partner).since(SimTime::ZERO + HOUR);
            quarters[usize::try_from(after.as_micros() / 900_000_000).unwrap()] += 1;
        }
        // Binomial, 1,000 each, standard deviation 27: five of them, 2 in a million.
        assert!(quarters.iter().all(|quarter| (863..1_137).contains(quarter)), "{quarters:?}");
    }
}
