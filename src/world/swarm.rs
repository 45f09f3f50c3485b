//! Who exists: partners and their orgs, numbered.
//!
//! The swarm is part of the world: its sizes are drawn from the seed alone, so every arm and every
//! replication has the same orgs, and shares have one denominator.

use super::spec::World;
use crate::base::{Distribution, OrgKey, Purpose, Seed};

/// The most orgs a swarm may have.
pub const MAX_ORGS: u64 = 50_000_000;

/// Sets the keys of partners apart from those of orgs.
const PARTNERS: u64 = 1 << 63;

/// The background load draws as an org of this number.
pub(super) const BACKGROUND: u64 = 1 << 62;

/// Swarm sizes are drawn once, outside every replication.
const NO_REPLICATION: u32 = u32::MAX;

/// One org of the swarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Org {
    /// Its number, from 0.
    pub number: u64,
    /// The number of its partner, from 0.
    pub partner: u64,
    /// The index of its cohort.
    pub cohort: usize,
}

/// All partners and their orgs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swarm {
    partners: Vec<Partner>,
    orgs: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Partner {
    cohort: usize,
    first_org: u64,
}

/// A swarm that cannot be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the swarm would have more than {MAX_ORGS} orgs")]
pub struct SwarmTooLarge;

impl Swarm {
    /// The swarm of a world.
    ///
    /// # Errors
    /// [`SwarmTooLarge`] beyond [`MAX_ORGS`].
    pub fn of(seed: Seed, world: &World) -> Result<Self, SwarmTooLarge> {
        let cohorts = world.cohorts.iter();
        Self::draw(seed, cohorts.map(|cohort| (cohort.partners, &cohort.orgs_per_partner)))
    }

    /// Draws the swarm: for each cohort in turn, its number of partners and how many orgs a partner has.
    /// A partner has at least one org.
    ///
    /// # Errors
    /// [`SwarmTooLarge`] beyond [`MAX_ORGS`].
    pub fn draw<'a>(
        seed: Seed,
        cohorts: impl IntoIterator<Item = (u32, &'a Distribution)>,
    ) -> Result<Self, SwarmTooLarge> {
        let mut swarm = Self { partners: Vec::new(), orgs: 0 };
        for (cohort, (partners, orgs_per_partner)) in cohorts.into_iter().enumerate() {
            for _ in 0..partners {
                let number = swarm.partners.len() as u64;
                let key = OrgKey::new(seed, NO_REPLICATION, PARTNERS | number);
                let mut stream = key.stream(0, 0, Purpose::SwarmSize);
                let orgs = orgs_per_partner.sample(&mut stream).round().max(1.0);
                swarm.partners.push(Partner { cohort, first_org: swarm.orgs });
                if orgs > MAX_ORGS as f64 {
                    return Err(SwarmTooLarge);
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 1 and MAX_ORGS"
                )]
                let orgs = orgs as u64;
                swarm.orgs += orgs;
                if swarm.orgs > MAX_ORGS {
                    return Err(SwarmTooLarge);
                }
            }
        }
        Ok(swarm)
    }

    /// How many orgs there are.
    pub const fn orgs(&self) -> u64 {
        self.orgs
    }

    /// How many partners there are.
    pub const fn partners(&self) -> u64 {
        self.partners.len() as u64
    }

    /// The cohort of each partner, in order.
    pub fn cohorts(&self) -> impl Iterator<Item = usize> {
        self.partners.iter().map(|partner| partner.cohort)
    }

    /// The orgs of one partner, in order.
    pub fn partner(&self, partner: u64) -> impl Iterator<Item = Org> {
        self.range(self.numbers(partner))
    }

    /// The numbers of the orgs of one partner.
    pub fn numbers(&self, partner: u64) -> std::ops::Range<u64> {
        let place = usize::try_from(partner).unwrap_or(usize::MAX);
        let first = |place: usize| self.partners.get(place).map_or(self.orgs, |p| p.first_org);
        first(place)..first(place.saturating_add(1))
    }

    /// The orgs with numbers in `range`, in order.
    pub fn range(&self, range: std::ops::Range<u64>) -> impl Iterator<Item = Org> {
        let mut partner = self.partners.partition_point(|partner| partner.first_org <= range.start);
        (range.start..range.end.min(self.orgs)).map(move |number| {
            while self.partners.get(partner).is_some_and(|next| next.first_org <= number) {
                partner += 1;
            }
            let index = partner - 1;
            Org { number, partner: index as u64, cohort: self.partners[index].cohort }
        })
    }
}

impl Org {
    /// The key of this org's draws in a replication.
    pub const fn key(&self, seed: Seed, replication: u32) -> OrgKey {
        OrgKey::new(seed, replication, self.number)
    }

    /// The key of its partner's draws in a replication.
    pub const fn partner_key(&self, seed: Seed, replication: u32) -> OrgKey {
        OrgKey::new(seed, replication, PARTNERS | self.partner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Law;

    fn exactly(orgs: f64) -> Distribution {
        Distribution::new(Law::Constant { value: orgs }).unwrap()
    }

    #[test]
    fn orgs_are_numbered_partner_by_partner() {
        let (one, three) = (exactly(1.0), exactly(3.0));
        let swarm = Swarm::draw(Seed(1), [(2, &one), (2, &three)]).unwrap();
        assert_eq!((swarm.partners(), swarm.orgs()), (4, 8));
        let all: Vec<_> =
            swarm.range(0..99).map(|org| (org.number, org.partner, org.cohort)).collect();
        let expected = [
            (0, 0, 0),
            (1, 1, 0),
            (2, 2, 1),
            (3, 2, 1),
            (4, 2, 1),
            (5, 3, 1),
            (6, 3, 1),
            (7, 3, 1),
        ];
        assert_eq!(all, expected);
        let some: Vec<_> =
            swarm.range(4..6).map(|org| (org.number, org.partner, org.cohort)).collect();
        assert_eq!(some, expected[4..6]);
    }

    #[test]
    fn a_partner_has_at_least_one_org_and_a_swarm_is_bounded() {
        assert_eq!(Swarm::draw(Seed(1), [(5, &exactly(0.0))]).unwrap().orgs(), 5);
        assert_eq!(Swarm::draw(Seed(1), [(u32::MAX, &exactly(1e6))]), Err(SwarmTooLarge));
    }
}
