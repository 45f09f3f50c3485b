//! Random numbers by name, not by sequence.
//!
//! A draw is a function of *(seed, replication, org, refresh ordinal, attempt ordinal, lane)*.
//! There is no generator state, so nothing depends on who asks first: two arms of an experiment,
//! any number of threads, and both engines see the same numbers (common random numbers).
//!
//! ```text
//!   seed ─┐
//!   replication ─┼─ mix ─► OrgKey ─┐
//!   org ─┘                         ├─ mix(key + counter · γ) ─► 64 bits
//!   refresh ordinal · attempt ordinal · lane = counter ─┘
//! ```
//!
//! The mixer is David Stafford's variant 13 of the `MurmurHash3` finaliser, as in Java's
//! `SplittableRandom` (Steele, Lea and Flood, OOPSLA 2014), in counter form. It is good enough for
//! load simulation; it is not a cryptographic generator.

use std::convert::Infallible;

use rand::TryRng;

/// 2^64 ÷ golden ratio, odd: the increment of `SplitMix64`.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The seed of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

/// What a draw is for. The numbers are part of every result: never renumber one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// How many orgs a partner holds.
    SwarmSize = 0,
    /// Where in its refresh period an org stands when the clock starts.
    StartPhase = 1,
    /// How long the server works on a request.
    ServiceTime = 2,
    /// How long the server works on the repeated delivery of a request.
    DuplicateServiceTime = 3,
    /// Whether the request is lost before the server sees it.
    RequestLost = 4,
    /// Whether the request is throttled.
    Throttled = 5,
    /// Whether the server fails before it commits.
    ErrorBeforeCommit = 6,
    /// Whether the answer is lost after the commit.
    ResponseLost = 7,
    /// What the client sees instead of the lost answer.
    SeenAs = 8,
    /// Whether an intermediary delivers the request twice.
    Duplicated = 9,
    /// Whether the client crashes before it stores the answer.
    CrashBeforeStore = 10,
    /// Jitter of a retry's delay.
    RetryJitter = 11,
    /// When the app next needs a token.
    NextCall = 12,
    /// When each of several racing workers starts.
    WorkerOffset = 13,
    /// Whether, and how late, a stopped client reacts to an announced amnesty.
    Reaction = 14,
    /// Whether a person re-authorises the org.
    PersonActs = 15,
    /// How long the person takes.
    PersonDelay = 16,
    /// Whether a phase hits this org or partner at all.
    PhaseMember = 17,
    /// How late a reacting client tries again.
    ReactionDelay = 18,
    /// When in a staggered announcement a partner hears of the amnesty.
    Announcement = 19,
}

/// A purpose, told apart further by an index (a phase of the incident, say).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane(u16);

impl Lane {
    /// The lane of `purpose` for the `index`-th of several things of one kind.
    pub const fn of(purpose: Purpose, index: u8) -> Self {
        Self((index as u16) << 8 | purpose as u16)
    }
}

impl From<Purpose> for Lane {
    fn from(purpose: Purpose) -> Self {
        Self::of(purpose, 0)
    }
}

/// The key of one org in one replication, from which all its draws come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrgKey(u64);

impl OrgKey {
    /// The key of `org` (or partner) in `replication` of the experiment with `seed`.
    pub const fn new(seed: Seed, replication: u32, org: u64) -> Self {
        let experiment = mix(mix(seed.0 ^ GAMMA).wrapping_add(replication as u64 + 1));
        Self(mix(experiment.wrapping_add(org.wrapping_mul(GAMMA))))
    }

    /// The 64 uniform bits named by refresh ordinal, attempt ordinal and lane.
    #[inline]
    pub fn draw(self, refresh: u32, attempt: u16, lane: impl Into<Lane>) -> u64 {
        let counter =
            u64::from(refresh) << 32 | u64::from(attempt) << 16 | u64::from(lane.into().0);
        mix(self.0.wrapping_add(counter.wrapping_mul(GAMMA)))
    }

    /// A stream of numbers under one name, for samplers that use up more than one.
    pub fn stream(self, refresh: u32, attempt: u16, lane: impl Into<Lane>) -> Stream {
        Stream(self.draw(refresh, attempt, lane))
    }
}

/// `SplitMix64`: the numbers that follow from one draw. Implements [`rand::Rng`], for `rand_distr`.
#[derive(Debug, Clone)]
pub struct Stream(u64);

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(GAMMA);
        Ok(mix(self.0))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// Stafford's variant 13 of the 64-bit `MurmurHash3` finaliser: a bijection without visible
/// structure.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    /// Value stability: a refactor or an upgrade must not silently change every result.
    #[test]
    fn draws_are_pinned() {
        let key = OrgKey::new(Seed(20_180_312), 3, 41);
        assert_eq!(
            [
                key.draw(0, 0, Purpose::StartPhase),
                key.draw(7, 2, Purpose::ServiceTime),
                key.draw(7, 2, Lane::of(Purpose::ResponseLost, 1)),
            ],
            [15_206_403_662_520_211_986, 5_415_319_223_458_052_432, 18_236_041_846_271_674_285]
        );
        let mut stream = key.stream(1, 0, Purpose::PersonDelay);
        assert_eq!(
            [stream.next_u64(), stream.next_u64()],
            [11_937_131_259_841_497_318, 10_109_221_910_401_386_959]
        );
    }

    #[test]
    fn splitmix_matches_the_published_reference() {
        // First outputs of splitmix64.c (Vigna, public domain) from state 1234567.
        let mut reference = Stream(1_234_567);
        assert_eq!(reference.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(reference.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn every_part_of_the_name_matters() {
        let base = OrgKey::new(Seed(1), 0, 0).draw(0, 0, Purpose::StartPhase);
        let others = [
            OrgKey::new(Seed(2), 0, 0).draw(0, 0, Purpose::StartPhase),
            OrgKey::new(Seed(1), 1, 0).draw(0, 0, Purpose::StartPhase),
            OrgKey::new(Seed(1), 0, 1).draw(0, 0, Purpose::StartPhase),
            OrgKey::new(Seed(1), 0, 0).draw(1, 0, Purpose::StartPhase),
            OrgKey::new(Seed(1), 0, 0).draw(0, 1, Purpose::StartPhase),
            OrgKey::new(Seed(1), 0, 0).draw(0, 0, Purpose::ServiceTime),
            OrgKey::new(Seed(1), 0, 0).draw(0, 0, Lane::of(Purpose::StartPhase, 1)),
        ];
        for other in others {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn neighbouring_names_share_no_bits_on_average() {
        let key = OrgKey::new(Seed(9), 0, 5);
        let flips: u32 = (0..10_000)
            .map(|n| {
                (key.draw(n, 0, Purpose::ServiceTime) ^ key.draw(n + 1, 0, Purpose::ServiceTime))
                    .count_ones()
            })
            .sum();
        // 640,000 fair bits: mean 320,000, standard deviation 400. Risk below 1e-6.
        assert!((318_000..322_000).contains(&flips), "{flips}");
    }
}
