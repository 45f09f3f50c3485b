//! Refresh rules of real servers and providers, by name.
//!
//! Each preset says what it is and where that is written. What no source tells, its `about` calls
//! assumed: an access token of 1 h, a session of ten years, the form of a grace window's reply. Of
//! every server whose source says nothing else it is assumed that old access tokens live to their
//! expiry, and that a grace window has no limit of reuses and does not close early. Limits on idle
//! time are not modelled: every org refreshes long before them.

mod provider;
mod software;

use crate::base::SimDuration;
use crate::protocol::Protocol;

use super::policy::{Grace, GraceReply, OldAccessToken, OnReuse, Policy, Rules, Strict};

/// The rules of one real server.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// Its name in scenarios: kebab-case.
    pub name: &'static str,
    /// What it is, in one sentence, with what is assumed.
    pub about: &'static str,
    /// Where the rule is written, or was observed.
    pub source: &'static str,
    /// Wire protocol of its token endpoint.
    pub protocol: Protocol,
    /// The rules; without an amnesty.
    pub rules: Rules,
}

/// Every preset: Xero first, then providers, then server software.
pub fn all() -> Vec<Preset> {
    let mut presets = provider::all();
    presets.extend(software::all());
    presets
}

/// The preset of this name.
pub fn find(name: &str) -> Option<Preset> {
    all().into_iter().find(|preset| preset.name == name)
}

impl Preset {
    /// An OAuth 2.0 server with the values that stand where a source is silent.
    fn new(name: &'static str, policy: Policy, about: &'static str, source: &'static str) -> Self {
        Self {
            name,
            about,
            source,
            protocol: Protocol::Oauth2,
            rules: Rules {
                policy,
                amnesty: None,
                access_token_ttl: SimDuration::from_hours(1),
                session_lifetime: days(3650),
                old_access_token: OldAccessToken::LivesToExpiry,
            },
        }
    }

    fn oauth1a(mut self) -> Self {
        self.protocol = Protocol::Oauth1a;
        self
    }

    /// With another life of access tokens.
    fn access_token(mut self, ttl: SimDuration) -> Self {
        self.rules.access_token_ttl = ttl;
        self
    }

    /// With another end of the session.
    fn session(mut self, lifetime: SimDuration) -> Self {
        self.rules.session_lifetime = lifetime;
        self
    }

    /// A rotation kills the access token issued before.
    fn kills_old_access_token(mut self) -> Self {
        self.rules.old_access_token = OldAccessToken::KilledAtRotation;
        self
    }
}

const fn days(days: u64) -> SimDuration {
    SimDuration::from_hours(24 * days)
}

/// Single use; a superseded credential is refused, and that is all.
const REFUSE: Policy = Policy::Strict(Strict {
    on_reuse: OnReuse::None,
});

/// Single use; a superseded credential revokes the family.
const REVOKE: Policy = Policy::Strict(Strict {
    on_reuse: OnReuse::RevokeFamily,
});

/// Within the window any number of reuses.
const fn grace(window: SimDuration, reply: GraceReply, on_reuse: OnReuse) -> Policy {
    Policy::Grace(Grace {
        window,
        max_reuse: None,
        reply,
        close_on_use: None,
        on_reuse,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::policy::{CommitOnUse, NonRevoking, Static};

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
        assert_eq!(find("Xero"), None);
    }

    #[test]
    fn every_preset_says_what_it_is_and_where_that_is_written() {
        for preset in all() {
            let Preset {
                name,
                about,
                source,
                ..
            } = preset;
            assert!(source.len() > 10, "{name}");
            assert!(
                about.ends_with('.') && about.matches(". ").count() == 0,
                "{name}: one sentence"
            );
        }
    }

    #[test]
    fn what_no_source_tells_is_called_assumed() {
        for preset in all() {
            let Preset {
                name, about, rules, ..
            } = preset;
            let assumed = about.split_once("assumed:").map_or("", |(_, list)| list);
            if rules.access_token_ttl == SimDuration::from_hours(1) && name != "quickbooks" {
                assert!(assumed.contains("1 h access token"), "{name}");
            }
            if rules.session_lifetime == days(3650) && name != "xero-2018" {
                assert!(assumed.contains("ten-year session"), "{name}");
            }
        }
    }

    #[test]
    fn the_rules_are_pinned() {
        let lines: Vec<String> = all().iter().map(line).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    fn line(preset: &Preset) -> String {
        let rules = &preset.rules;
        let killed = match rules.old_access_token {
            OldAccessToken::KilledAtRotation => " killed at rotation",
            OldAccessToken::LivesToExpiry => "",
        };
        format!(
            "{:<21}{:?}: {}; access {}{killed}, session {}",
            preset.name,
            preset.protocol,
            policy(&rules.policy),
            rules.access_token_ttl,
            rules.session_lifetime,
        )
    }

    fn policy(policy: &Policy) -> String {
        match policy {
            Policy::Static(Static) => "static".to_owned(),
            Policy::NonRevoking(NonRevoking { keep }) => format!("non-revoking, keep {keep:?}"),
            Policy::Strict(Strict { on_reuse }) => format!("strict, on reuse {on_reuse:?}"),
            Policy::Grace(Grace {
                window,
                max_reuse,
                reply,
                close_on_use,
                on_reuse,
            }) => {
                let window = match *window {
                    SimDuration::FOREVER => "for ever".to_owned(),
                    window => window.to_string(),
                };
                let close = close_on_use.map_or("never".to_owned(), |delay| delay.to_string());
                format!(
                    "grace {window}, max reuse {max_reuse:?}, {reply:?}, closed on use {close}, on reuse {on_reuse:?}"
                )
            }
            Policy::CommitOnUse(CommitOnUse {
                confirm_by,
                siblings,
                on_reuse,
            }) => format!("commit on {confirm_by:?}, siblings {siblings:?}, on reuse {on_reuse:?}"),
        }
    }
}
