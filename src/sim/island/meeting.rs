//! What only happens where orgs meet: requests wait, are given up, or are told of later.

use super::outside::Outside;
use crate::base::SimTime;
use crate::client::AttemptId;
use crate::fault::SeenAs;
use crate::protocol::Answer;
use crate::sim::pending::{Event, Journey};
use crate::world::{Delivery, Notice, Passage, Reception, Way, Witness};

impl<W: Witness, R: Reception> Outside<'_, '_, W, R> {
    /// The request is in a station that has not said when it is done: the gateway may give up before.
    pub(super) fn await_station(&mut self, journey: Journey) {
        self.await_gateway(journey, SimTime::NEVER);
        self.pending.push(SimTime::NEVER, Event::Waits(journey));
    }

    /// A request is not through before `until`: the gateway gives up by then, or has given up.
    pub(super) fn await_gateway(&mut self, journey: Journey, until: SimTime) {
        let attempt = journey.attempt;
        let gateway_at = self.stage.world().server.gateway_at(journey.sent_at);
        if (self.now..until).contains(&gateway_at) {
            let answer = Answer::ServerError(504);
            self.pending.push(gateway_at, Event::Answer { attempt, answer });
        }
    }

    pub(super) fn hear(&mut self, attempt: AttemptId, notice: Notice) {
        let Some(journey) = self.pending.wait_no_longer(attempt) else { return };
        let (now, server) = (self.now, &self.stage.world().server);
        if notice == Notice::Room {
            self.depart(Journey { sent_at: now, arrived_at: now, ..journey });
            return;
        }
        self.pending.retract_gateway(attempt);
        if notice == Notice::Displaced {
            let answer = Answer::ServerError(503);
            self.pending.push(now, Event::Answer { attempt, answer });
            let delivery = match journey.first {
                Some(true) => Delivery::Lost(SeenAs::Status(503)),
                Some(false) | None => Delivery::Failed(503),
            };
            let way = Way { delivery, served_at: None, is_decided: false };
            self.witness.passed(self.place.org, attempt, way);
            self.forsake(journey);
            return;
        }
        let mut fate = self.fate(attempt, journey.sent_at);
        let arrived_at = journey.arrived_at;
        if journey.first.is_some() {
            fate.repeated = None;
        }
        let passage = Passage::served(server, &fate, journey.sent_at, (arrived_at, now));
        self.follow(journey, &fate, &passage);
    }

    /// A worker has finished the first delivery of a request, and the second comes in.
    pub(super) fn deliver_again(&mut self, journey: Journey) {
        let Journey { attempt, presented, sent_at, .. } = journey;
        let accepted = self.commit(attempt, presented, false).is_some();
        let mut fate = self.fate(attempt, sent_at);
        if let Some(second) = fate.repeated.take() {
            fate.service_time = second;
        }
        let journey = Journey { arrived_at: self.now, first: Some(accepted), ..journey };
        self.forward(journey, &fate);
    }

    /// The client has given up on an attempt: if it still waits for the pool it is never sent; if it is
    /// in a station, the server may notice. Elsewhere it is the org's own affair, which may be ahead of
    /// the others. Whether it was not sent.
    pub(super) fn hang_up(&mut self, attempt: AttemptId) -> bool {
        let has_pool = self.stage.app(self.place.caller.app).profile().pool.is_some();
        if has_pool && self.pending.drop_unsent(attempt) {
            return true;
        }
        if !self.pending.is_in_station(attempt) {
            return false;
        }
        if self.reception.hang_up(self.now, self.ticket(attempt)) {
            self.pending.retract_gateway(attempt);
            if let Some(journey) = self.pending.wait_no_longer(attempt) {
                self.forsake(journey);
            }
        }
        false
    }

    /// A request is out of the station without a decision.
    pub(super) fn forsake(&mut self, journey: Journey) {
        self.witness.dropped(self.place.org, journey.attempt);
        if journey.first == Some(true) {
            self.pending.push(self.now, Event::Forsaken);
        }
    }
}
