//! A valid plan plays, and its books balance.
//!
//! The bytes are choices: a small scenario is written from them, read like any other, and played. So every
//! input that is not refused is a world of a few orgs and half a day, and takes milliseconds.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use amnesty::experiment::{Options, judge, run};
use amnesty::report::{as_written, json, text};
use amnesty::scenario::{Overrides, Plan, from_bytes};

/// Plays the world that the bytes choose.
pub fn plays(bytes: &[u8]) -> bool {
    let yaml = Choices(bytes).scenario();
    let Ok(plan) =
        from_bytes("fuzz.yaml", yaml.as_bytes(), Path::new("/nonexistent"), &Overrides::default())
    else {
        // Not everything that can be chosen goes together.
        return false;
    };
    let written = balanced(&plan, 1, &yaml);
    // The number of threads changes nothing.
    if bytes.len().is_multiple_of(8) {
        assert_eq!(balanced(&plan, 2, &yaml), written, "{yaml}");
    }
    true
}

/// `summary.json` of the plan, if the books balance.
fn balanced(plan: &Plan, threads: usize, yaml: &str) -> String {
    let never = AtomicBool::new(false);
    let options = Options { threads: Some(threads), stop: &never, progress: &|_, _| {} };
    let findings = run(plan, &options).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let cohorts = plan.arms[0].world.cohorts.len();
    for (number, arm) in plan.arms.iter().enumerate() {
        let of = |cohort| findings.tally.counts(number, cohort);
        for cohort in (0..cohorts).map(Some).chain([None]) {
            for counts in of(cohort) {
                assert!(counts.balances(), "{}: {counts:?}\n{yaml}", arm.name);
                assert!(counts.needed_person <= counts.ever_disconnected, "{counts:?}\n{yaml}");
                assert!(counts.ever_disconnected <= counts.orgs, "{counts:?}\n{yaml}");
                let hours = u128::from(counts.orgs) * u128::from(plan.duration.as_micros());
                assert!(counts.disconnected_micros <= hours, "{counts:?}\n{yaml}");
                assert!(counts.disconnected().iter().all(|orgs| *orgs >= 0), "{counts:?}\n{yaml}");
            }
        }
        let ended: u64 = of(None).iter().flat_map(|counts| counts.ended).sum();
        let cohorts: u64 =
            (0..cohorts).flat_map(|cohort| of(Some(cohort))).map(|counts| counts.sent).sum();
        assert_eq!(ended, cohorts, "{yaml}");
    }
    assert_eq!(judge(plan, &findings).len(), plan.expectations.len(), "{yaml}");
    let summary = as_written(&findings.results).summary;
    let _ = text::text(&summary);
    let written = json::write(&summary);
    let again = json::read(&written).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    assert_eq!(json::write(&again), written, "{yaml}");
    written
}

/// Bytes as choices; nothing but firsts once they are used up.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, end: u32) -> u32 {
        u32::from(self.byte()) % end
    }

    fn pick<'s>(&mut self, of: &[&'s str]) -> &'s str {
        of[self.below(u32::try_from(of.len()).unwrap_or(1)) as usize]
    }

    fn percent(&mut self) -> String {
        format!("{}%", self.below(21) * 5)
    }

    /// From a millisecond to eight hours.
    fn span(&mut self) -> String {
        let (many, unit) = (1 + self.below(60), self.pick(&["s", "m", "ms", "m", "s"]));
        format!("{}{unit}", many * [1, 1, 7, 8][self.below(4) as usize])
    }

    fn law(&mut self) -> String {
        let span = self.span();
        match self.below(4) {
            0 => span,
            1 => format!("{{ exponential: {{ mean: {span} }} }}"),
            2 => format!("{{ uniform: {{ min: 0s, max: {span} }} }}"),
            _ => format!("{{ lognormal: {{ p50: {span}, p99: 9h }} }}"),
        }
    }

    fn reuse(&mut self) -> &'static str {
        self.pick(&["none", "revoke_family"])
    }

    fn policy(&mut self) -> String {
        match self.below(7) {
            0 => format!("{{ strict: {{ on_reuse: {} }} }}", self.reuse()),
            1 => format!(
                "{{ grace: {{ window: {}, max_reuse: {}, reply: {}, close_on_use: {}, on_reuse: {} }} }}",
                self.span(),
                self.pick(&["none", "1", "2"]),
                self.pick(&["same_pair", "new_branch", "replace_successor"]),
                self.pick(&["none", "1s", "5m"]),
                self.reuse()
            ),
            2 => format!(
                "{{ commit_on_use: {{ confirm_by: {}, siblings: {}, on_reuse: {} }} }}",
                self.pick(&["access_use", "refresh_use", "either"]),
                self.pick(&["keep", "revoke"]),
                self.reuse()
            ),
            3 => format!("{{ non_revoking: {{ keep: {} }} }}", self.pick(&["none", "1", "3"])),
            4 => "static".to_owned(),
            5 => "xero-2018".to_owned(),
            _ => self.pick(&["okta", "auth0", "django-grace", "atlassian", "keycloak"]).to_owned(),
        }
    }

    fn client(&mut self) -> String {
        if self.below(4) == 1 {
            return self.pick(&["pyxero", "xero-net", "cron-15m", "xero-node-v2"]).to_owned();
        }
        let trigger = match self.below(4) {
            0 => format!("{{ before_expiry: {{ lead: {}m }} }}", 1 + self.below(4)),
            1 => "at_expiry".to_owned(),
            2 => "on_unauthorized".to_owned(),
            _ => format!(
                "{{ periodic: {{ every: {}m, schedule: {} }} }}",
                5 + self.below(60),
                self.pick(&["spread", "aligned"])
            ),
        };
        let mut client = format!(
            "{{ trigger: {trigger}, next_call: {{ exponential: {{ mean: {}m }} }}, timeout: {}, \
             max_attempts: {}, backoff: {}, jitter: {}, on_failure: {}",
            1 + self.below(90),
            self.pick(&["5s", "100ms", "30s", "2m", "none"]),
            1 + self.below(4),
            self.pick(&["none", "{ constant: 1s }", "{ exponential: { base: 500ms, cap: 30s } }"]),
            self.pick(&["none", "full", "equal", "decorrelated"]),
            self.pick(&["try_later", "stop", "delete_credentials"]),
        );
        self.habits(&mut client);
        client.push_str(" }");
        client
    }

    fn habits(&mut self, client: &mut String) {
        let per = |choices: &mut Self| choices.pick(&["partner", "org"]);
        // Writing to a string cannot fail.
        let _ = match self.below(3) {
            0 => write!(client, ", on_refusal: {}", self.pick(&["stop", "delete_credentials"])),
            1 => write!(
                client,
                ", on_refusal: {{ keep_trying: {{ every: {}m }} }}",
                1 + self.below(60)
            ),
            _ => Ok(()),
        };
        if self.below(3) == 1 {
            let workers = 2 + self.below(3);
            let _ = write!(
                client,
                ", concurrency: {{ racing: {{ workers: {workers}, spread: {} }} }}",
                self.span()
            );
        }
        if self.below(3) == 1 {
            let _ = write!(client, ", crash_before_store: {}", self.percent());
        }
        if self.below(3) == 1 {
            let _ = write!(
                client,
                ", person: {{ probability: {}, delay: {} }}",
                self.percent(),
                self.law()
            );
        }
        if self.below(3) == 1 {
            let _ = write!(
                client,
                ", reaction: {{ share: {}, delay: {} }}",
                self.percent(),
                self.law()
            );
        }
        if self.below(4) == 1 {
            let _ = write!(client, ", pool: {{ size: {} }}", 1 + self.below(3));
        }
        if self.below(4) == 1 {
            let _ = write!(
                client,
                ", retry_budget: {{ ratio: {}, burst: {}, per: {} }}",
                self.percent(),
                1 + self.below(4),
                per(self)
            );
        }
        if self.below(4) == 1 {
            let _ = write!(
                client,
                ", circuit_breaker: {{ failures: {}%, over: {}, open_for: {}, per: {} }}",
                5 + self.below(95),
                1 + self.below(8),
                self.span(),
                per(self)
            );
        }
    }

    fn station(&mut self) -> String {
        let mut lines = String::new();
        if self.below(3) == 1 {
            let _ = writeln!(
                lines,
                "  station: {{ workers: {}, queue_limit: {}, discipline: {}, overflow: {}, cancel_on_disconnect: {} }}",
                1 + self.below(3),
                self.below(9),
                self.pick(&["fifo", "lifo"]),
                self.pick(&["reject", "drop_oldest"]),
                self.pick(&["false", "true"]),
            );
            if self.below(3) == 1 {
                let _ = writeln!(
                    lines,
                    "  background: {{ rate: {}/min, service_time: {} }}",
                    1 + self.below(20),
                    self.pick(&["100ms", "{ exponential: { mean: 2s } }"])
                );
            }
        }
        if self.below(4) == 1 {
            let _ = writeln!(
                lines,
                "  admission: {{ rate_limits: [ {{ per: {}, rate: {}/min, burst: {} }} ], status: {}, retry_after: {} }}",
                self.pick(&["partner", "app", "server"]),
                1 + self.below(60),
                1 + self.below(10),
                self.pick(&["429", "503"]),
                self.span()
            );
        }
        lines
    }

    fn phase(&mut self, number: u32) -> String {
        let mut phase = format!(
            "  - {{ phase: p{number}, from: clock.start + {}m, for: {}m",
            self.below(255),
            1 + self.below(255)
        );
        let _ = match self.below(5) {
            0 => write!(phase, ", latency: {{ multiply: {} }}", 1 + self.below(200)),
            1 => write!(phase, ", latency: {{ add: {} }}", self.law()),
            2 => write!(phase, ", latency: {{ replace: {} }}", self.law()),
            _ => Ok(()),
        };
        if self.below(2) == 0 {
            let seen = self.pick(&["silence", "reset", "truncated", "status_504", "closed"]);
            let _ = write!(
                phase,
                ", response_lost: {{ probability: {}, seen_as: {seen} }}",
                self.percent()
            );
        }
        for key in ["request_lost", "duplicate", "partners", "orgs"] {
            if self.below(4) == 1 {
                let _ = write!(phase, ", {key}: {}", self.percent());
            }
        }
        if self.below(4) == 1 {
            let _ = write!(phase, ", error: {{ probability: {} }}", self.percent());
        }
        if self.below(4) == 1 {
            let _ = write!(
                phase,
                ", throttle: {{ probability: {}, retry_after: {} }}",
                self.percent(),
                self.span()
            );
        }
        if self.below(5) == 1 {
            let _ = write!(phase, ", capacity: {{ lost: {} }}", self.percent());
        }
        phase.push_str(" }\n");
        phase
    }

    fn scenario(mut self) -> String {
        let mut yaml = format!(
            "name: fuzz\nseed: {}\nreplications: {}\n\
             clock: {{ start: 2018-03-11T22:00:00Z, duration: {}h }}\n\
             server:\n  policy: {}\n  service_time: {}\n",
            self.byte(),
            1 + self.below(2),
            1 + self.below(12),
            self.policy(),
            self.law()
        );
        // A preset brings its own.
        if self.below(2) == 0 {
            yaml.push_str("  access_token_ttl: 20m\n");
        }
        if self.below(3) == 1 {
            let _ = writeln!(yaml, "  gateway_timeout: {}", self.pick(&["1s", "30s", "100s"]));
        }
        yaml.push_str(&self.station());
        yaml.push_str("swarm:\n");
        for cohort in 0..=self.below(2) {
            let (partners, orgs) = (1 + self.below(2), 1 + self.below(3));
            let client = self.client();
            let _ = writeln!(
                yaml,
                "  - {{ name: c{cohort}, partners: {partners}, orgs_per_partner: {orgs}, client: {client} }}"
            );
        }
        let phases = self.below(4);
        if phases > 0 {
            yaml.push_str("incident:\n");
            (0..phases).for_each(|number| yaml.push_str(&self.phase(number)));
        }
        yaml.push_str("arms:\n  a: {}\n");
        if self.below(2) == 0 {
            let _ = writeln!(
                yaml,
                "  b: {{ server.amnesty: {{ from: clock.start + {}m, for: {}m, reply: {}, unrevoke: {} }} }}",
                self.below(255),
                1 + self.below(255),
                self.pick(&["new_pair", "current_pair"]),
                self.pick(&["false", "true"])
            );
        }
        if self.below(4) == 1 {
            let policy = self.policy();
            let _ = writeln!(yaml, "  c: {{ server.policy: {policy} }}");
        }
        yaml.push_str("expect: [ needed_person(a) >= 0 ]\n");
        yaml
    }
}
