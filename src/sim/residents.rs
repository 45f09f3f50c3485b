//! The orgs of an island between their turns: packed where little is to be said, whole where not.

use super::island::{Place, Resident};
use super::packed::{Head, Packed, Tail};
use super::pending::Pending;
use crate::base::{OrgKey, Seed, SimTime};
use crate::protocol::Generation;
use crate::station::Caller;
use crate::world::{Org, Stage};

/// All orgs of an island, by their place in it.
#[derive(Debug, Clone)]
pub(super) struct Residents {
    names: (Seed, u32),
    first: Org,
    /// The cohort of each partner, by its place in the island.
    cohorts: Vec<usize>,
    heads: Vec<Head>,
    tails: Vec<Tail>,
    /// Those that are kept whole, and the places among them that are free.
    whole: Vec<Option<Resident>>,
    free: Vec<u32>,
    /// An empty list with room, so that an org that is unpacked need not ask for memory.
    spare: Pending,
}

impl Residents {
    /// Orgs at the clock's start: all those of some partners that follow each other. Each has its first
    /// turn when `begin` says.
    pub(super) fn new(
        stage: &Stage,
        orgs: impl Iterator<Item = Org>,
        names: (Seed, u32),
        mut begin: impl FnMut(&Place, &mut Resident) -> SimTime,
    ) -> Self {
        let mut orgs = orgs.peekable();
        let first = orgs.peek().copied().unwrap_or(Org { number: 0, partner: 0, cohort: 0 });
        let mut all = Self {
            names,
            first,
            cohorts: Vec::new(),
            heads: Vec::with_capacity(orgs.size_hint().0),
            tails: Vec::with_capacity(orgs.size_hint().0),
            whole: Vec::new(),
            free: Vec::new(),
            spare: Pending::default(),
        };
        for (org, index) in orgs.zip(0_u32..) {
            #[expect(clippy::cast_possible_truncation, reason = "fewer partners than orgs")]
            let partner = (org.partner - first.partner) as u32;
            if partner as usize == all.cohorts.len() {
                all.cohorts.push(org.cohort);
            }
            let Packed { head, tail } = Packed::whole(0, partner);
            all.heads.push(head);
            all.tails.push(tail);
            let place = all.place(stage, index);
            let mut resident = Resident::new(stage, &place);
            let turn = begin(&place, &mut resident);
            all.put(stage, &place, resident, (SimTime::ZERO, turn));
        }
        all
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.heads.len()
    }

    /// The cohort of each partner.
    pub(super) fn cohorts(&self) -> &[usize] {
        &self.cohorts
    }

    /// Where an org belongs.
    #[inline]
    pub(super) fn place(&self, stage: &Stage, index: u32) -> Place {
        let partner = self.heads[index as usize].partner();
        let org = Org {
            number: self.first.number + u64::from(index),
            partner: self.first.partner + u64::from(partner),
            cohort: self.cohorts[partner as usize],
        };
        Place::of(stage, &org, self.names, (index, partner as usize))
    }

    /// What a turn in calm needs of an org.
    #[inline]
    pub(super) fn head(&self, index: u32) -> Head {
        self.heads[index as usize]
    }

    /// Who sends the requests of an org with this head.
    #[inline]
    pub(super) fn caller(&self, head: Head) -> Caller {
        let partner = head.partner() as usize;
        Caller { partner, app: self.cohorts[partner] }
    }

    /// The key of an org's draws.
    #[inline]
    pub(super) fn key(&self, index: u32) -> OrgKey {
        let (seed, replication) = self.names;
        OrgKey::new(seed, replication, self.first.number + u64::from(index))
    }

    /// When a person authorised an org that is not kept whole.
    pub(super) fn authorised_at(&self, index: u32) -> SimTime {
        self.tails[index as usize].authorised_at()
    }

    /// Up to when an org has access, or had it, that is neither kept whole nor fresh.
    #[inline]
    pub(super) fn access_until(&self, index: u32) -> SimTime {
        self.tails[index as usize].access_until()
    }

    /// After a refresh in calm that brought `newest` at `now`, and access until `access_until` unless the
    /// next turn tells that; `head` is as it was before.
    #[inline]
    pub(super) fn renew(
        &mut self,
        index: u32,
        head: Head,
        (newest, now): (Generation, SimTime),
        access_until: Option<SimTime>,
    ) {
        if let Some(until) = access_until {
            self.tails[index as usize].access_lasts(until);
        }
        if head.newest() == Generation(0) && newest != Generation(0) {
            // The first rotation: from here on there is something to replay.
            self.tails[index as usize].expose_from(now);
        }
        self.heads[index as usize] = head.renewed(newest, access_until.is_none());
    }

    /// Takes an org out for its turn at `turn`; at any other time it must have been settled.
    #[inline]
    pub(super) fn take(&mut self, stage: &Stage, place: &Place, turn: SimTime) -> Resident {
        let packed = self.packed(place.index);
        let whole = packed.head.kept_whole().and_then(|at| {
            self.free.push(at);
            self.whole[at as usize].take()
        });
        whole
            .unwrap_or_else(|| packed.resident(stage, place, turn, std::mem::take(&mut self.spare)))
    }

    /// Puts an org back at `now`, which has its next turn at `turn`.
    #[inline]
    pub(super) fn put(
        &mut self,
        stage: &Stage,
        place: &Place,
        resident: Resident,
        (now, turn): (SimTime, SimTime),
    ) {
        let packed = match Packed::of(stage, place, &resident, (now, turn)) {
            Some(packed) => {
                self.spare = resident.pending;
                packed
            }
            None => self.keep_whole(place, resident),
        };
        self.write(place.index, packed);
    }

    #[inline]
    fn packed(&self, index: u32) -> Packed {
        Packed { head: self.heads[index as usize], tail: self.tails[index as usize] }
    }

    #[inline]
    fn write(&mut self, index: u32, Packed { head, tail }: Packed) {
        self.heads[index as usize] = head;
        self.tails[index as usize] = tail;
    }

    fn keep_whole(&mut self, place: &Place, resident: Resident) -> Packed {
        let at = self.free.pop().unwrap_or_else(|| {
            self.whole.push(None);
            u32::try_from(self.whole.len() - 1).unwrap_or(u32::MAX)
        });
        self.whole[at as usize] = Some(resident);
        Packed::whole(at, self.heads[place.index as usize].partner())
    }

    /// Writes down that the next turn of an org is at `turn`, so that it can be taken at another time.
    pub(super) fn settle(&mut self, stage: &Stage, index: u32, turn: SimTime) {
        let mut packed = self.packed(index);
        packed.settle(stage.app(self.caller(packed.head).app), turn);
        self.write(index, packed);
    }

    /// Looks at an org's record some time before its turn, so that it is near when that comes.
    #[inline]
    pub(super) fn touch(&self, index: u32) -> u32 {
        self.heads.get(index as usize).map_or(0, |head| head.refresh())
    }
}
