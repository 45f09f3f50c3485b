//! What is done with a connection: an attempt, or one call of the API.

use std::pin::pin;

use super::connect::Connect;
use super::connection::Reply;
use super::hearing::{Heard, How, hear};
use super::pool::Failure;
use super::requests::Outgoing;
use super::shared::{Busy, News, Refresh, Shared};
use super::texts::Texts;
use super::watch::Watch;
use crate::protocol::Answer;

/// Sends an attempt, once, and tells the loop what came of it.
pub(super) async fn refresh<C: Connect, W: Watch>(busy: Busy<C, W>, job: Refresh) {
    let shared = &*busy.0;
    let sent_at = shared.send(&job);
    let Refresh { org, attempt, texts, .. } = job;
    let texts = texts.or_else(|| shared.first(org));
    let elapsed = shared.elapsed(sent_at);
    let request = texts.as_ref().and_then(|t| shared.requests.refresh(t, attempt, elapsed));
    let heard = match request {
        Some(request) => match shared.pool.exchange(request).await {
            Ok(reply) => shared.hear(org, &reply, texts.as_ref()),
            Err(failure) => Heard::Other(shared.failed(failure)),
        },
        // A server gave us a credential that no request can carry.
        None => Heard::Odd(200, Answer::Reset),
    };
    shared.tell(News::Answered { org, attempt, at: shared.clock.now(), heard });
}

/// Calls the API once. What comes of it does not matter.
pub(super) async fn call<C: Connect, W: Watch>(busy: Busy<C, W>, access: Box<str>, texts: Texts) {
    let shared = &*busy.0;
    let elapsed = shared.elapsed(shared.clock.now());
    if let Some(request) = shared.requests.resource(&access, &texts, elapsed) {
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

    /// `T0` of an org's first family, which nobody has to tell us.
    fn first(&self, org: u32) -> Option<Texts> {
        Texts::first(self.requests.target().protocol, self.codec, org, 0)
    }

    fn failed(&self, failure: Failure) -> Answer {
        match failure {
            Failure::Connect => {
                self.stats.borrow_mut().connect_failures += 1;
                Answer::Reset
            }
            Failure::Reset => Answer::Reset,
            Failure::Truncated => Answer::Truncated,
        }
    }
}
