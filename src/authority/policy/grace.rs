//! `grace`: the previous generation is honoured within a window of its first use.

use super::OnReuse;
use crate::authority::decide::{Decision, Ground, Issue};
use crate::authority::grant::{Grant, Previous};
use crate::base::{SimDuration, SimTime};
use crate::protocol::Generation;

/// A grace window (Xero's OAuth 2.0, Okta, Auth0, Hydra, Dex and others).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace {
    /// How long the previous generation is honoured, counted from its first use.
    pub window: SimDuration,
    /// How often it is honoured within the window; `None` for any number of times.
    pub max_reuse: Option<u32>,
    /// What it is answered with.
    pub reply: GraceReply,
    /// The first use of the successor's access token closes the window, after this delay.
    pub close_on_use: Option<SimDuration>,
    /// What a superseded credential sets off outside the window.
    pub on_reuse: OnReuse,
}

/// What a server answers to the previous generation within its grace window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GraceReply {
    /// The successor issued the first time (django-oauth-toolkit, `WorkOS`).
    #[default]
    SamePair,
    /// A further successor; the first one stays valid too (Hydra, Auth0).
    NewBranch,
    /// A further successor; the first one dies (WSO2).
    ReplaceSuccessor,
}

impl Grace {
    pub(in crate::authority) fn decide(
        &self,
        grant: &Grant,
        presented: Generation,
        now: SimTime,
    ) -> Decision {
        if grant.is_current(presented) {
            return Decision::accept(Issue::Rotate, Ground::Policy);
        }
        let honoured = grant
            .previous()
            .is_some_and(|previous| previous.generation == presented && now < self.end(previous));
        if !honoured {
            return Decision::superseded(self.on_reuse);
        }
        let issue = match self.reply {
            GraceReply::SamePair => Issue::Replay,
            GraceReply::NewBranch => Issue::Branch,
            GraceReply::ReplaceSuccessor => Issue::Replace,
        };
        Decision::accept(issue, Ground::Grace)
    }

    /// When the previous generation ceases to be honoured; the clock's start where there is none.
    pub(in crate::authority) fn honoured_until(&self, grant: &Grant) -> SimTime {
        grant.previous().map_or(SimTime::ZERO, |previous| self.end(previous))
    }

    pub(in crate::authority) fn access_used(
        &self,
        grant: &mut Grant,
        generation: Generation,
        now: SimTime,
    ) {
        if let Some(delay) = self.close_on_use
            && grant.is_current(generation)
        {
            grant.close_window(now + delay);
        }
    }

    /// The window's end: by time, by use of the successor, or by the number of reuses.
    fn end(&self, previous: &Previous) -> SimTime {
        if self.max_reuse.is_some_and(|most| previous.reuses >= most) {
            return SimTime::ZERO;
        }
        (previous.used_at + self.window).min(previous.closes_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::Policy;
    use crate::authority::policy::table::{Table, accepted, refused};

    const PLAIN: Grace = Grace {
        window: SimDuration::from_mins(30),
        max_reuse: None,
        reply: GraceReply::SamePair,
        close_on_use: None,
        on_reuse: OnReuse::None,
    };

    #[test]
    fn the_window_runs_from_the_first_use_and_is_not_extended() {
        let mut table = Table::new(Policy::Grace(PLAIN));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(29, 0, accepted(Ground::Grace), Some(1));
        table.row(30, 0, refused(false), None);
        table.row(31, 1, accepted(Ground::Policy), Some(2));
        table.row(32, 0, refused(false), None);
        table.row(33, 1, accepted(Ground::Grace), Some(2));
    }

    #[test]
    fn reuses_are_counted() {
        let mut table = Table::new(Policy::Grace(Grace { max_reuse: Some(1), ..PLAIN }));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 0, accepted(Ground::Grace), Some(1));
        table.row(2, 0, refused(false), None);
    }

    #[test]
    fn branches_live_side_by_side() {
        let mut table = Table::new(Policy::Grace(Grace { reply: GraceReply::NewBranch, ..PLAIN }));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 0, accepted(Ground::Grace), Some(2));
        table.row(2, 1, accepted(Ground::Policy), Some(3));
        table.row(3, 2, accepted(Ground::Policy), Some(4));
        table.row(4, 0, refused(false), None);
    }

    #[test]
    fn the_most_recent_replay_wins_where_successors_are_replaced() {
        let mut table =
            Table::new(Policy::Grace(Grace { reply: GraceReply::ReplaceSuccessor, ..PLAIN }));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(1, 0, accepted(Ground::Grace), Some(2));
        table.row(2, 1, refused(false), None);
        table.row(3, 2, accepted(Ground::Policy), Some(3));
    }

    #[test]
    fn using_the_successor_closes_the_window_after_its_delay() {
        let delay = Some(SimDuration::from_mins(2));
        let mut table = Table::new(Policy::Grace(Grace { close_on_use: delay, ..PLAIN }));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.access_used(5, 1);
        table.row(6, 0, accepted(Ground::Grace), Some(1));
        table.row(7, 0, refused(false), None);
    }

    #[test]
    fn outside_the_window_reuse_detection_may_kill_the_family() {
        let mut table =
            Table::new(Policy::Grace(Grace { on_reuse: OnReuse::RevokeFamily, ..PLAIN }));
        table.row(0, 0, accepted(Ground::Policy), Some(1));
        table.row(30, 0, refused(true), None);
        table.row(31, 1, refused(false), None);
    }
}
