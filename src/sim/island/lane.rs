//! The lane: refreshes in a row that all end alike, played without the machines.
//!
//! ```text
//!            ┌───── nothing pending, no phase, and the newest token held, or no hope ─────┐
//!   machines ┤                                                                            ├ machines
//!            └─ wake ─► service time drawn ─► stored, or refused ─► next wake ─► … too slow?
//! ```
//!
//! An org is *in calm* when its client waits for its next refresh and nothing else, the client holds the
//! newest token, and no phase that hits it is active. An attempt that is sent then is decided and
//! stored as soon as it is served, if that is before the client gives up, the gateway does, and the
//! clock stops. It is *resigned* when a refresh is refused and changes nothing, and its client keeps
//! trying: until a window opens, or a person comes. Service times are drawn as ever, and the first
//! attempt that could go another way ends the lane *before* it is sent, so that the machines play it.
//! What the lane leaves behind is to the last bit what they would have left: `tests/laws/lane.rs`.
//!
//! Windows that open and close over an org in calm change nothing: whoever holds the newest token is
//! connected with them and without.
#![expect(clippy::inline_always, reason = "an attempt is a dozen of these calls, and little else")]

use super::Island;
use crate::base::{OrgKey, QuantileTable, SimDuration, SimTime};
use crate::client::Timer;
use crate::fault::Fate;
use crate::measure::{Keep, Means, Row};
use crate::protocol::Conclusion;
use crate::world::{Exposure, Open};

/// What an attempt in the lane must keep to.
#[derive(Debug, Clone, Copy)]
struct Bounds<'a> {
    service: &'a QuantileTable,
    key: OrgKey,
    /// It is sent before this.
    sent_until: SimTime,
    /// It has ended before this.
    ended_until: SimTime,
    /// It takes no longer than this.
    longest: SimDuration,
}

impl<'a> Island<'a, '_, (), Open> {
    /// Plays all that happens before `until`: in the lane where that goes, else by the machines.
    pub(in crate::sim) fn run_swiftly(&mut self, until: SimTime, keep: Keep) {
        let rules = self.outside.rules;
        while self.next_at() < until {
            let mut exposures = [Exposure::under(rules)];
            self.run_calmly(until, keep, &mut exposures);
            self.outside.recorder.exposed(exposures[0].span);
            self.run_resignedly(until, keep);
            self.finish_refresh(until);
        }
    }

    /// The machines play what the lane has left to them, to the end of the refresh.
    fn finish_refresh(&mut self, until: SimTime) {
        while self.next_at() < until {
            self.step();
            if self.outside.pending.is_empty() && self.client.in_flight() == 0 {
                return;
            }
        }
    }

    /// Plays the refreshes that nothing can go wrong with, before `until`. Replay exposure is counted
    /// under the rules of each arm that has this org in common with this one.
    pub(in crate::sim) fn run_calmly(
        &mut self,
        until: SimTime,
        keep: Keep,
        exposures: &mut [Exposure<'_>],
    ) {
        let Some(mut timer) = self.calm() else { return };
        let outside = &mut self.outside;
        let (rules, session_until) = (outside.rules, outside.account.grant().session_until());
        let bounds = self.bounds(&timer, until.min(session_until));
        let outside = &mut self.outside;
        let mut renewals = outside.account.renewals(rules, exposures);
        let newest = renewals.newest();
        let mut row = outside.recorder.row(Conclusion::Stored(newest), keep);
        let last = bounds.follow(&mut timer, &mut row, |timer, row, now| {
            renewals.renew(now, row);
            timer.stored(now);
        });
        row.close();
        renewals.close();
        if let Some(now) = last {
            self.client.catch_up(&timer, now, self.outside.account.grant().newest());
            self.outside.means = Means::Retry;
            self.outside.now = now;
            self.look(self.client.credentials());
        }
    }

    /// Plays the refreshes that have no hope, before `until`.
    fn run_resignedly(&mut self, until: SimTime, keep: Keep) {
        let Some(mut timer) = self.resigned() else { return };
        let Some(stored) = self.client.stored() else { return };
        let bounds = self.bounds(&timer, until.min(self.recheck_at));
        let mut row = self.outside.recorder.row(Conclusion::Refused, keep);
        let last = bounds.follow(&mut timer, &mut row, |timer, _, now| timer.refused(now));
        row.close();
        if let Some(now) = last {
            self.client.catch_up(&timer, now, stored);
        }
    }

    /// What holds for attempts of a client that is no more than a timer.
    fn bounds(&self, timer: &Timer<'a>, ended_until: SimTime) -> Bounds<'a> {
        let (stage, place) = (self.outside.stage, self.outside.place);
        // At equal times the client gives up first, and the gateway does not.
        let patience = self.app.patience().saturating_sub(SimDuration::from_micros(1));
        let gateway = stage.world().server.gateway_timeout;
        Bounds {
            service: stage.service_time(),
            key: place.key,
            sent_until: stage.world().incident.calm_until(place.hits, timer.wake()),
            ended_until: ended_until.min(timer.until()),
            longest: gateway.map_or(patience, |timeout| patience.min(timeout)),
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

    /// The client as a timer, if the org is resigned until its next refresh.
    fn resigned(&self) -> Option<Timer<'a>> {
        let Self { app, client, outside, .. } = self;
        let timer = client.resigned(app, outside.place.key)?;
        let is_resigned = outside.pending.is_empty()
            && outside.account.is_hopeless(outside.rules, client.credentials(), timer.wake())
            && outside.stage.world().server.overhead.is_zero();
        is_resigned.then_some(timer)
    }
}

impl Bounds<'_> {
    /// Lets refreshes follow each other, first attempts only, as long as they keep to the bounds. When
    /// the last of them ended.
    #[inline(always)]
    fn follow<'t>(
        self,
        timer: &mut Timer<'t>,
        row: &mut Row<'_>,
        mut end: impl FnMut(&mut Timer<'t>, &mut Row<'_>, SimTime),
    ) -> Option<SimTime> {
        let mut last = None;
        while timer.wake() < self.sent_until {
            let name = (timer.next_refresh(), 0);
            let service = Fate::calm(self.service, self.key, name).service_time;
            let now = timer.wake() + service;
            if service > self.longest || now >= self.ended_until {
                break;
            }
            row.ended(now, service);
            end(timer, row, now);
            last = Some(now);
        }
        last
    }
}
