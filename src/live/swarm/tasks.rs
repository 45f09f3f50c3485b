//! What is done with a connection: an attempt, or one call of the API.

use std::pin::pin;

use super::connect::Connect;
use super::connection::Reply;
use super::failed::Failed;
use super::hearing::{Heard, How, hear};
use super::pool::Failure;
use super::requests::Outgoing;
use super::shared::{Busy, News, Refresh, Shared};
use super::texts::Texts;
use super::watch::Watch;
use crate::base::SimTime;
use crate::client::AttemptId;
use crate::protocol::Answer;

/// Sends an attempt, once, and tells the loop what came of it.
pub(super) async fn refresh<C: Connect, W: Watch>(busy: Busy<C, W>, job: Refresh) {
    let shared = &*busy.0;
    let sent_at = shared.send(&job);
    let Refresh { org, attempt, .. } = job;
    let (heard, failed) = match shared.request(&job, sent_at) {
        Some(request) => match shared.pool.exchange(request).await {
            Ok(reply) => {
                let heard = shared.presenting(org, attempt, |it| shared.hear(org, &reply, it));
                let failed = Failed::of_answer(&heard, reply.status);
                (heard, failed)
            }
            Err(failure) => (Heard::Other(shared.failed(failure)), Some(failure.into())),
        },
        // A server gave us a credential that no request can carry.
        None => (Heard::Odd(200, Answer::Reset), Some(Failed::NoToken(200))),
    };
    shared.tell(News::Answered { org, attempt, at: shared.clock.now(), heard, failed });
}

/// Calls the API once. What comes of it does not matter.
pub(super) async fn call<C: Connect, W: Watch>(busy: Busy<C, W>, what: Box<(Box<str>, Texts)>) {
    let shared = &*busy.0;
    let (access, texts) = &*what;
    let elapsed = shared.elapsed(shared.clock.now());
    if let Some(request) = shared.requests.resource(access, texts, elapsed) {
        shared.patiently(request).await.ok();
        shared.stats.borrow_mut().uses += 1;
    }
}

impl<C: Connect, W: Watch> Shared<C, W> {
    /// What an answer to `org` says; `before` is what it presented.
    pub(super) fn hear(&self, org: u32, reply: &Reply, before: Option<&Texts>) -> Heard {
        let how = How {
            protocol: self.requests.target().protocol,
            codec: self.codec,
            scale: self.clock.scale(),
            access: self.uses_access,
        };
        hear(how, org, reply, before)
    }

    /// An exchange that no client watches over: it is given up when patience ends.
    pub(super) async fn patiently(&self, request: Outgoing) -> Result<Reply, Failure> {
        let exchange = pin!(self.pool.exchange(request));
        let Some(patience) = self.patience else { return exchange.await };
        let end = pin!(self.clock.sleep_until(self.clock.now() + patience));
        tokio::select! {
            biased;
            reply = exchange => reply,
            () = end => Err(Failure::Reset),
        }
    }

    fn request(&self, job: &Refresh, sent_at: SimTime) -> Option<Outgoing> {
        let elapsed = self.elapsed(sent_at);
        self.presenting(job.org, job.attempt, |texts| {
            self.requests.refresh(texts?, job.attempt, elapsed)
        })
    }

    /// Does something with what an attempt presents.
    fn presenting<T>(
        &self,
        org: u32,
        attempt: AttemptId,
        with: impl FnOnce(Option<&Texts>) -> T,
    ) -> T {
        let held = self.held.borrow();
        if let Some(texts) = held.presented(org, attempt.refresh) {
            return with(Some(texts));
        }
        // Nobody has to tell us `T0` of an org's first family.
        let protocol = self.requests.target().protocol;
        with(Texts::first(protocol, self.codec, org, 0).as_ref())
    }

    fn failed(&self, failure: Failure) -> Answer {
        match failure {
            Failure::Connect(_) => {
                self.stats.borrow_mut().connect_failures += 1;
                Answer::Reset
            }
            Failure::Reset => Answer::Reset,
            Failure::Truncated => Answer::Truncated,
        }
    }
}
