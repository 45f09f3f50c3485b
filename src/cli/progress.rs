//! A progress bar on a terminal, nothing anywhere else.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::SimDuration;
use crate::live::swarm::Snapshot;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bar of one scenario.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar named after its scenario; invisible if asked to be quiet, or without a terminal.
    pub(super) fn new(name: &str, quiet: bool) -> Self {
        let plain = quiet || !super::print::colours_stderr();
        let target =
            if plain { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let template = "{msg} {wide_bar} {percent}% · {elapsed} · {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        if !plain {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self(bar)
    }

    /// So many of so many units are done.
    pub(super) fn show(&self, done: u64, of: u64) {
        // A bar that moves a thousand times is smooth; more often costs time.
        if done == of || done.is_multiple_of((of / 1_000).max(1)) {
            self.0.set_length(of);
            self.0.set_position(done);
        }
    }
}

/// How a live run goes.
#[derive(Debug)]
pub(super) struct Spinner {
    bar: ProgressBar,
    /// Attempts and the bar's time at the last look.
    before: Mutex<(u64, Duration)>,
}

impl Spinner {
    /// Invisible if asked to be quiet, or without a terminal.
    pub(super) fn new(quiet: bool) -> Self {
        let plain = quiet || !super::print::colours_stderr();
        let target =
            if plain { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} · {msg}") {
            bar.set_style(style);
        }
        if !plain {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar, before: Mutex::new((0, Duration::ZERO)) }
    }

    /// The swarm stands so, in one of so many parts.
    pub(super) fn show(&self, name: &str, (part, of): (usize, usize), swarm: &Snapshot) {
        let elapsed = self.bar.elapsed();
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = elapsed.saturating_sub(before.1).as_secs_f64();
        let rate = swarm.sent.saturating_sub(before.0) as f64 / seconds.max(1e-3);
        *before = (swarm.sent, elapsed);
        self.bar.set_message(format!(
            "{name}, part {} of {of}, at {} · {} connected, {} disconnected · {} attempts, {rate:.0}/s",
            part + 1,
            SimDuration::from_secs(swarm.now.as_micros() / 1_000_000),
            swarm.orgs.saturating_sub(swarm.disconnected),
            swarm.disconnected,
            swarm.sent,
        ));
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
