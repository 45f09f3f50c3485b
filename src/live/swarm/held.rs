//! What each org holds, as texts, and what its attempts present.
//!
//! Texts lie in place, in one list: as pieces of their own among what comes and goes with every
//! attempt, they would tear the heap to shreds.

use std::collections::BTreeMap;

use super::texts::Texts;

/// The stores of all orgs.
#[derive(Debug)]
pub(super) struct Held {
    /// `None` for `T0` of the first family, which follows from the org's number.
    stored: Vec<Option<Texts>>,
    /// What racing workers present, by org: all of them what the first one read in this refresh,
    /// whatever is stored meanwhile.
    snapshots: BTreeMap<u32, (u32, Option<Texts>)>,
}

impl Held {
    /// What so many orgs hold at the start.
    pub(super) fn new(orgs: usize, credentials: Vec<Texts>) -> Self {
        let mut stored: Vec<_> = credentials.into_iter().take(orgs).map(Some).collect();
        stored.resize(orgs, None);
        Self { stored, snapshots: BTreeMap::new() }
    }

    /// An org's workers race in this refresh: the first of them reads the store.
    pub(super) fn snapshot(&mut self, org: u32, refresh: u32) {
        if self.snapshots.get(&org).is_none_or(|(of, _)| *of != refresh) {
            self.snapshots.insert(org, (refresh, self.stored[org as usize].clone()));
        }
    }

    /// What the attempts of a refresh present.
    pub(super) fn presented(&self, org: u32, refresh: u32) -> Option<&Texts> {
        match self.snapshots.get(&org) {
            Some((of, texts)) if *of == refresh => texts.as_ref(),
            Some(_) | None => self.stored(org),
        }
    }

    /// What an org holds.
    pub(super) fn stored(&self, org: u32) -> Option<&Texts> {
        self.stored[org as usize].as_ref()
    }

    /// An org stores what it got.
    pub(super) fn store(&mut self, org: u32, texts: Texts) {
        self.stored[org as usize] = Some(texts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn racing_workers_present_what_the_first_one_read() {
        let text = |held: &Held, refresh| {
            held.presented(1, refresh).map(|texts| texts.renewal().to_owned())
        };
        let mut held = Held::new(2, vec![Texts::oauth2("A"), Texts::oauth2("B")]);
        held.snapshot(1, 1);
        held.store(1, Texts::oauth2("C"));
        held.snapshot(1, 1);
        assert_eq!(text(&held, 1).as_deref(), Some("B"));
        assert_eq!(text(&held, 2).as_deref(), Some("C"));
        held.snapshot(1, 2);
        assert_eq!(text(&held, 2).as_deref(), Some("C"));
        assert_eq!(Held::new(1, Vec::new()).presented(0, 1), None);
    }
}
