//! The behaviour of real libraries and apps towards a token endpoint, by name.
//!
//! Each preset says what it is and where that is written; all else is [`Profile::new`]. Where a
//! library leaves the moment of a refresh to its app, the preset refreshes at expiry and calls that
//! assumed. None of the Xero libraries retries a renewal, and a renewal that timed out looks like a
//! refused one to most callers.

mod app;
mod library;

use super::profile::{OnFailure, OnRefusal, Profile, Trigger};
use crate::base::SimDuration;

/// The behaviour of one real client.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// Its name in scenarios: kebab-case.
    pub name: &'static str,
    /// What it is, in one sentence, with what is assumed.
    pub about: &'static str,
    /// Where the behaviour is written, or was observed.
    pub source: &'static str,
    /// The behaviour.
    pub profile: Profile,
}

/// Every preset: libraries first, then apps.
pub fn all() -> Vec<Preset> {
    let mut presets = library::all();
    presets.extend(app::all());
    presets
}

/// The preset of this name.
pub fn find(name: &str) -> Option<Preset> {
    all().into_iter().find(|preset| preset.name == name)
}

impl Preset {
    fn new(
        name: &'static str,
        trigger: Trigger,
        about: &'static str,
        source: &'static str,
    ) -> Self {
        Self {
            name,
            about,
            source,
            profile: Profile::new(trigger),
        }
    }

    /// It gives up waiting after this time.
    fn timeout(mut self, timeout: SimDuration) -> Self {
        self.profile.timeout = Some(timeout);
        self
    }

    fn on_refusal(mut self, reaction: OnRefusal) -> Self {
        self.profile.on_refusal = reaction;
        self
    }

    fn on_failure(mut self, reaction: OnFailure) -> Self {
        self.profile.on_failure = reaction;
        self
    }

    /// Whatever else differs.
    fn with(mut self, change: impl FnOnce(&mut Profile)) -> Self {
        change(&mut self.profile);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::profile::{BackoffShape, Concurrency};

    #[test]
    fn names_are_unique_and_kebab_case() {
        let presets = all();
        for preset in &presets {
            let name = preset.name;
            let words = name.split('-').all(|word| {
                !word.is_empty()
                    && word
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            });
            assert!(words, "{name}");
            assert_eq!(
                presets.iter().filter(|other| other.name == name).count(),
                1,
                "{name}"
            );
            assert_eq!(find(name).as_ref(), Some(preset));
        }
        assert_eq!(find("Xero-Net"), None);
    }

    #[test]
    fn every_preset_says_what_it_is_and_where_that_is_written() {
        for Preset {
            name,
            about,
            source,
            ..
        } in all()
        {
            assert!(source.len() > 10, "{name}");
            assert!(
                about.ends_with('.') && about.matches(". ").count() == 0,
                "{name}: one sentence"
            );
        }
    }

    #[test]
    fn the_behaviours_are_pinned() {
        let lines: Vec<String> = all().iter().map(line).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    /// The trigger, the timeout, and whatever is not as in [`Profile::new`].
    fn line(Preset { name, profile, .. }: &Preset) -> String {
        let timeout = profile.timeout.map(|timeout| timeout.to_string());
        let mut parts = vec![
            trigger(&profile.trigger),
            format!("timeout {}", timeout.as_deref().unwrap_or("none")),
        ];
        if profile.next_call != Profile::new(Trigger::AtExpiry).next_call {
            let seconds = profile
                .next_call
                .describe(|micros| format!("{}s", micros / 1e6));
            parts.push(format!("next call {seconds}"));
        }
        if let BackoffShape::Exponential { base, cap } = profile.backoff.shape {
            parts.push(format!(
                "{} attempts, {base} to {cap}",
                profile.max_attempts
            ));
        }
        if profile.on_refusal != (OnRefusal::KeepTrying { every: None }) {
            parts.push(format!("refused: {:?}", profile.on_refusal));
        }
        if profile.on_failure != OnFailure::TryLater {
            parts.push(format!("failed: {:?}", profile.on_failure));
        }
        if let Concurrency::Racing { workers, spread } = profile.concurrency {
            parts.push(format!("{workers} workers within {spread}"));
        }
        format!("{name:<19}{}", parts.join(", "))
    }

    fn trigger(trigger: &Trigger) -> String {
        match trigger {
            Trigger::BeforeExpiry { lead } => format!("{lead} before expiry"),
            Trigger::AtExpiry => "at expiry".to_owned(),
            Trigger::Periodic { every, schedule } => format!("every {every}, {schedule:?}"),
            Trigger::OnUnauthorized => "on 401".to_owned(),
        }
    }
}
