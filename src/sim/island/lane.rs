//! The lane: refreshes in a row that nothing can go wrong with, played without the machines.
//!
//! ```text
//!            ┌────────── nothing pending, no phase, the newest token held ──────────┐
//!   machines ┤                                                                       ├ machines
//!            └─ wake ─► service time drawn ─► stored ─► next wake ─► … ── too slow? ─┘
//! ```
//!
//! An org is in calm when its client waits for its next refresh and nothing else, the client holds the
//! newest token, and no phase that hits it is active. An attempt that is sent then is decided and
//! stored as soon as it is served, if that is before the client gives up, the gateway does, and the
//! clock stops. Service times are drawn as ever, and the first one that is too long ends the lane
//! *before* its attempt is sent, so that the machines play it. What the lane leaves behind is to the
//! last bit of the tallies what the machines would have left: `tests/laws/lane.rs`.
//!
//! Windows that open and close meanwhile change nothing: whoever holds the newest token is connected
//! with them and without.

use super::Island;
use crate::base::{SimDuration, SimTime};
use crate::client::Timer;
use crate::fault::Fate;
use crate::measure::Means;
use crate::world::{Exposure, Open};

impl<'a> Island<'a, '_, (), Open> {
    /// Plays all that happens before `until`, calm stretches in the lane.
    pub(in crate::sim) fn run_swiftly(&mut self, until: SimTime) {
        let rules = self.outside.rules;
        loop {
            let mut exposures = [Exposure::under(rules)];
            self.run_calmly(until, &mut exposures);
            self.outside.recorder.exposed(exposures[0].span);
            // What the lane left to the machines, up to the end of its refresh.
            loop {
                if self.next_at() >= until {
                    return;
                }
                self.step();
                if self.outside.pending.is_empty() && self.client.in_flight() == 0 {
                    break;
                }
            }
        }
    }

    /// Plays the refreshes that nothing can go wrong with, before `until`. Replay exposure is counted
    /// under the rules of each arm that has this org in common with this one.
    pub(in crate::sim) fn run_calmly(&mut self, until: SimTime, exposures: &mut [Exposure<'_>]) {
        let Some(mut timer) = self.calm() else { return };
        let outside = &mut self.outside;
        let (stage, place, rules) = (outside.stage, outside.place, outside.rules);
        let server = &stage.world().server;
        let sent_until = stage.world().incident.calm_until(place.hits, timer.wake());
        let stored_until = until.min(outside.account.grant().session_until());
        let patience = self.app.patience().saturating_sub(SimDuration::from_micros(1));
        let longest = server.gateway_timeout.map_or(patience, |timeout| patience.min(timeout));
        let mut renewals = outside.account.renewals(rules, exposures);
        let mut row = outside.recorder.row();
        let mut last = None;
        while timer.wake() < sent_until {
            let name = (timer.next_refresh(), 0);
            let service = Fate::calm(stage.service_time(), place.key, name).service_time;
            let now = timer.wake() + service;
            if service > longest || now >= stored_until {
                break;
            }
            row.stored(now, service);
            renewals.renew(now);
            timer.stored(now);
            last = Some(now);
        }
        row.end();
        let stored = renewals.end();
        if let Some(now) = last {
            self.client.resume(&timer, now, stored);
            self.outside.means = Means::Retry;
            self.outside.now = now;
            self.look(self.client.credentials());
        }
    }

    /// Whether nothing more happens before the clock stops.
    pub(in crate::sim) fn is_over(&self) -> bool {
        let end = self.outside.stage.end();
        self.calm().is_some_and(|timer| timer.wake() >= end)
            && self.outside.account.grant().session_until() >= end
    }

    /// The client as a timer, if the org is in calm until its next refresh.
    fn calm(&self) -> Option<Timer<'a>> {
        let Self { app, client, outside, .. } = self;
        let timer = client.calm(app, outside.place.key)?;
        let is_calm = outside.pending.is_empty()
            && outside.account.is_calm(outside.rules, client.credentials(), timer.wake())
            && outside.stage.world().server.overhead.is_zero();
        is_calm.then_some(timer)
    }
}
