//! A refresh: its passage made real.
//!
//! ```text
//!   arrive ──► fate, passage        commit_at          repeat_at        sight
//!     │                               │                    │              │
//!     └──── at once, if due ─────► decide, COMMIT ───► decide, COMMIT ──► answer │ cut │ hang up │ …
//!                                     └── in a task of its own where the gateway answers first
//! ```
//!
//! A commit happens at its instant whatever the client does meanwhile: the door runs a handler to its
//! end when its client has gone. Only where something is sent *before* the commit, the gateway's 504, a
//! task of its own carries it out.

use std::rc::Rc;

use super::answer::{failure, throttled, unavailable};
use super::desk::{Call, Desk};
use super::{oauth1, oauth2};
use crate::base::{SimDuration, SimTime};
use crate::client::AttemptId;
use crate::fault::SeenAs;
use crate::live::door::{CutAt, Ending, Verdict};
use crate::live::grants::{Arrival, Grants, Presented};
use crate::live::server::meters::Outcome;
use crate::protocol::{Answer, Generation, Protocol};
use crate::world::{Delivery, Passage, Sight};

/// A refresh to be decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refresh {
    pub(super) presented: Presented,
    /// How it is spelt, and so its answer.
    pub(super) protocol: Protocol,
    /// Whether the refresh credential is handed out again: not to a client without one (RFC 6749
    /// §4.4.3).
    pub(super) renewable: bool,
}

/// What was decided about a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided {
    /// A token is handed out.
    Token {
        generation: Generation,
        /// What is left of the life of the access token.
        life: SimDuration,
        /// What is left of the session's life.
        session: SimDuration,
    },
    /// The token is superseded.
    Superseded,
    /// The whole family is dead.
    Dead,
    /// Nobody was given this token.
    Unknown,
}

impl Decided {
    const fn means(self) -> Answer {
        match self {
            Self::Token { generation, .. } => Answer::Token(generation),
            Self::Superseded | Self::Dead | Self::Unknown => Answer::Refused,
        }
    }
}

impl Call {
    /// Decides about a refresh, when and as its fate wants it.
    pub(super) async fn refresh(self, refresh: Refresh, name: Option<AttemptId>) -> Verdict {
        let Some((arrival, decided)) = self.desk.arrive(refresh, name, self.arrived) else {
            return self.unknown(refresh);
        };
        let Arrival { attempt, passage, delivery } = arrival;
        if let Sight::Instead { at, answer: Answer::ServerError(status) } = passage.sight
            && passage.repeat_at.max(passage.commit_at) > Some(at)
        {
            let (desk, arrived) = (Rc::clone(&self.desk), self.arrived);
            tokio::task::spawn_local(async move {
                desk.decide(refresh, attempt, &passage, arrived).await;
            });
            self.until(at).await;
            return self.fail(refresh, attempt, delivery, status);
        }
        let decided = match decided {
            Some(decided) => Some(decided),
            None => self.desk.decide(refresh, attempt, &passage, self.arrived).await,
        };
        match (delivery, decided) {
            (Delivery::Answered | Delivery::Pending, Some(decided)) => {
                self.count(refresh, decided);
                let answer = self.desk.spell(refresh, decided);
                let of = (refresh.presented.org, attempt);
                self.answer_attempt(answer, of, decided.means())
            }
            (Delivery::Lost(seen), Some(decided)) => {
                self.lose(refresh, attempt, decided, (seen, passage.sight))
            }
            (_, _) => self.turn_away(refresh, attempt, &passage, delivery).await,
        }
    }

    /// The credential was never given to anybody, or a person has replaced it.
    fn unknown(self, refresh: Refresh) -> Verdict {
        self.desk.meters.unknown_token();
        let replaced = self.desk.is_replaced(refresh.presented);
        let decided = if replaced { Decided::Dead } else { Decided::Unknown };
        let answer = self.desk.spell(refresh, decided);
        self.answer(answer)
    }

    /// The request does not get as far as a decision.
    async fn turn_away(
        self,
        refresh: Refresh,
        attempt: AttemptId,
        passage: &Passage,
        delivery: Delivery,
    ) -> Verdict {
        let org = refresh.presented.org;
        match passage.sight {
            Sight::Instead { at, answer: Answer::ServerError(status) } => {
                self.until(at).await;
                self.fail(refresh, attempt, delivery, status)
            }
            Sight::Instead { at, answer: answer @ Answer::Unavailable { retry_after } } => {
                self.until(at).await;
                self.desk.meters.attempt(refresh.protocol, Outcome::Failed);
                let whole = unavailable(self.desk.wall_s(retry_after));
                self.answer_attempt(whole, (org, attempt), answer)
            }
            Sight::Instead { at, answer: answer @ Answer::Throttled { retry_after } } => {
                self.until(at).await;
                self.desk.meters.attempt(refresh.protocol, Outcome::Throttled);
                let seconds = self.desk.wall_s(retry_after);
                let instance = self.desk.instance();
                let whole = throttled(refresh.protocol, seconds, instance);
                self.answer_attempt(whole, (org, attempt), answer)
            }
            Sight::Silence | Sight::Decision | Sight::Instead { .. } => {
                self.desk.meters.attempt(refresh.protocol, Outcome::RequestLost);
                self.see(org, attempt, None);
                Verdict::Silence
            }
        }
    }

    /// The server or its gateway fails.
    fn fail(
        self,
        refresh: Refresh,
        attempt: AttemptId,
        delivery: Delivery,
        status: u16,
    ) -> Verdict {
        let committed = matches!(delivery, Delivery::Lost(_));
        let outcome = if committed { Outcome::AnswerLost } else { Outcome::Failed };
        self.desk.meters.attempt(refresh.protocol, outcome);
        let of = (refresh.presented.org, attempt);
        self.answer_attempt(failure(status), of, Answer::ServerError(status))
    }

    /// It was decided, and the client sees something else.
    fn lose(
        self,
        refresh: Refresh,
        attempt: AttemptId,
        decided: Decided,
        (seen, sight): (SeenAs, Sight),
    ) -> Verdict {
        if let SeenAs::Status(status) = seen {
            return self.fail(refresh, attempt, Delivery::Lost(seen), status);
        }
        self.desk.meters.attempt(refresh.protocol, Outcome::AnswerLost);
        let answer = match sight {
            Sight::Instead { answer, .. } => Some(answer),
            Sight::Decision | Sight::Silence => None,
        };
        self.see(refresh.presented.org, attempt, answer);
        let cut = |at| {
            let answer = self.desk.spell(refresh, decided);
            Verdict::Cut { answer, at, ending: Ending::Close }
        };
        match seen {
            SeenAs::Reset => Verdict::Hangup(Ending::Reset),
            SeenAs::Closed => Verdict::Hangup(Ending::Close),
            SeenAs::Truncated => cut(CutAt::Body),
            SeenAs::CutHeaders => cut(CutAt::Headers),
            SeenAs::Silence | SeenAs::Status(_) => Verdict::Silence,
        }
    }

    /// Notes that a client sees this, or nothing, from now on.
    fn see(&self, org: u32, attempt: AttemptId, answer: Option<Answer>) {
        let now = self.desk.site.now();
        self.desk.site.grants().seen(org, attempt, answer, now);
    }

    fn count(&self, refresh: Refresh, decided: Decided) {
        let outcome = match decided {
            Decided::Token { .. } => Outcome::Token,
            Decided::Superseded | Decided::Dead | Decided::Unknown => Outcome::Refused,
        };
        self.desk.meters.attempt(refresh.protocol, outcome);
    }

    async fn until(&self, at: SimTime) {
        self.desk.until(at, self.arrived).await;
    }
}

impl Desk {
    /// A refresh comes in; it is decided on the spot if that is due.
    fn arrive(
        &self,
        refresh: Refresh,
        name: Option<AttemptId>,
        now: SimTime,
    ) -> Option<(Arrival, Option<Decided>)> {
        let mut grants = self.site.grants();
        let arrival = grants.arrive(refresh.presented, name, now)?;
        let passage = &arrival.passage;
        let due = passage.commit_at == Some(now) && passage.repeat_at.is_none();
        let listens = passage.sight == Sight::Decision;
        let decided =
            due.then(|| commit(&mut grants, refresh, arrival.attempt, (true, listens), now));
        Some((arrival, decided))
    }

    /// Decides when it is time; a second time if the request was delivered twice. The last decision;
    /// `None` if the request gets no decision.
    async fn decide(
        &self,
        refresh: Refresh,
        attempt: AttemptId,
        passage: &Passage,
        arrived: SimTime,
    ) -> Option<Decided> {
        let listens = passage.sight == Sight::Decision;
        let first_at = passage.commit_at?;
        self.until(first_at, arrived).await;
        let last = (passage.repeat_at.is_none(), listens);
        let first = commit(&mut self.site.grants(), refresh, attempt, last, first_at);
        let Some(second_at) = passage.repeat_at else { return Some(first) };
        self.until(second_at, arrived).await;
        Some(commit(&mut self.site.grants(), refresh, attempt, (true, listens), second_at))
    }

    async fn until(&self, at: SimTime, arrived: SimTime) {
        if at > arrived {
            self.site.clock().sleep_until(at).await;
        }
    }

    /// Whether a person has replaced the family of this credential.
    fn is_replaced(&self, presented: Presented) -> bool {
        let grants = self.site.grants();
        let holder = grants.holders().get(presented.org as usize);
        holder.is_some_and(|holder| presented.family < holder.family())
    }

    /// The answer in the words of its protocol.
    pub(super) fn spell(&self, refresh: Refresh, decided: Decided) -> super::answer::Whole {
        match refresh.protocol {
            Protocol::Oauth1a => oauth1::spell(self, refresh, decided),
            Protocol::Oauth2 => oauth2::spell(self, refresh, decided),
        }
    }
}

/// Decides about a refresh at `at`.
fn commit(
    grants: &mut Grants,
    refresh: Refresh,
    attempt: AttemptId,
    (last, listens): (bool, bool),
    at: SimTime,
) -> Decided {
    let Presented { org, family, .. } = refresh.presented;
    let alive = grants.holders().get(org as usize).is_some_and(|holder| {
        let grant = holder.account().grant();
        let live = grant.status() == crate::authority::GrantStatus::Live;
        holder.family() == family && live && at < grant.session_until()
    });
    match grants.commit(refresh.presented, attempt, (last, listens), at) {
        Some(generation) => issued(grants, org, generation, at),
        None if alive => Decided::Superseded,
        None => Decided::Dead,
    }
}

/// A token that was handed out at `at`, with what is left of its life and of its session's.
pub(super) fn issued(grants: &Grants, org: u32, generation: Generation, at: SimTime) -> Decided {
    let holder = grants.holders().get(org as usize);
    let life = holder.map_or(SimDuration::ZERO, |holder| holder.access_left(generation, at));
    let session = holder.map_or(SimDuration::ZERO, |holder| {
        let until = holder.account().grant().session_until();
        if until.is_never() { SimDuration::FOREVER } else { until.since(at) }
    });
    Decided::Token { generation, life, session }
}
