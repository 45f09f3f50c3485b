//! Apps and the ways they are run: timetables, platforms, and what they do to a credential that
//! fails.

use super::Preset;
use crate::base::{Distribution, SimDuration};
use crate::client::profile::{Concurrency, OnFailure, OnRefusal, Schedule, Trigger};

pub(super) fn all() -> Vec<Preset> {
    let mut presets = timetables();
    presets.extend(platforms());
    presets.extend(hasty());
    presets
}

const fn aligned(every: SimDuration) -> Trigger {
    Trigger::Periodic {
        every,
        schedule: Schedule::Aligned,
    }
}

const fn spread(every: SimDuration) -> Trigger {
    Trigger::Periodic {
        every,
        schedule: Schedule::Spread,
    }
}

fn timetables() -> Vec<Preset> {
    let (minutes, hours) = (SimDuration::from_mins, SimDuration::from_hours);
    let timeout = SimDuration::from_secs(30);
    vec![
        Preset::new(
            "cron-5m",
            aligned(minutes(5)),
            "A cron job each 5 min, whether needed or not; assumed: a timeout of 30 s.",
            "XeroAPI/xero-node #382; dcblogdev/laravel-xero #73",
        )
        .timeout(timeout),
        Preset::new(
            "cron-15m",
            aligned(minutes(15)),
            "A cron job each 15 min, as Xeroom has it; assumed: a timeout of 30 s.",
            "support.xeroom.com/support/solutions/articles/77000534945",
        )
        .timeout(timeout),
        Preset::new(
            "cron-20m",
            aligned(minutes(20)),
            "Hourly jobs at :00, :20 and :40; assumed: a timeout of 30 s.",
            "speakeasy-aphasia.org.uk/wiki/refreshing-of-xero-tokens",
        )
        .timeout(timeout),
        Preset::new(
            "cron-hourly",
            aligned(hours(1)),
            "An app on xero-node that refreshes hundreds of orgs each hour within 1 or 2 seconds, \
             and waits 3.5 s.",
            "XeroAPI/xero-node #614",
        )
        .timeout(SimDuration::from_millis(3_500)),
        Preset::new(
            "sync-3h",
            spread(hours(3)),
            "A poll each 3 h that renews at its start, as infoodle has it; assumed: orgs spread \
             over the 3 h, a timeout of 30 s.",
            "help.infoodle.com/docs/xero-status",
        )
        .timeout(timeout),
        Preset::new(
            "nightly",
            spread(hours(24)),
            "A data sync a day that renews at its start; assumed: orgs spread over the day as \
             over time zones, a timeout of 30 s.",
            "community.xero.com/developer/discussion/1125502",
        )
        .timeout(timeout),
        Preset::new(
            "ten-minutes-ahead",
            Trigger::BeforeExpiry { lead: minutes(10) },
            "A batch that renews 10 min ahead, one at a time for each credential; assumed: a \
             timeout of 30 s.",
            "codewithriza/astrail lib/xero-token-refresh.ts",
        )
        .timeout(timeout),
    ]
}

fn platforms() -> Vec<Preset> {
    let timeout = SimDuration::from_secs(30);
    vec![
        Preset::new(
            "emersion",
            Trigger::AtExpiry,
            "Emersion: five errors in an hour make the connection inactive; assumed: that the \
             first refusal does so, that other failures never add up to five, at expiry, a \
             timeout of 30 s.",
            "Emersion wiki, Xero integration",
        )
        .timeout(timeout)
        .on_refusal(OnRefusal::Stop),
        Preset::new(
            "nango",
            spread(SimDuration::from_hours(24)),
            "Nango's keep-alive: at least once a day; assumed: that it does not reach the several \
             days of failure after which it gives up, a timeout of 30 s.",
            "nango.dev/docs/guides/auth/token-refreshing",
        )
        .timeout(timeout),
        Preset::new(
            "zapier",
            Trigger::OnUnauthorized,
            "Zapier since September 2025: a refusal marks the connection stale and ends the \
             tries, a 5xx does not; assumed: renewal on 401, a timeout of 30 s.",
            "docs.zapier.com/platform/news/4xx-errors-refreshAccessToken",
        )
        .timeout(timeout)
        .on_refusal(OnRefusal::Stop),
    ]
}

fn hasty() -> Vec<Preset> {
    let seconds = SimDuration::from_secs;
    vec![
        Preset::new(
            "delete-on-failure",
            Trigger::AtExpiry,
            "An app on xero-node that removes the credentials on any failure, timeouts included; \
             assumed: at expiry, a timeout of 3.5 s.",
            "XeroAPI/xero-node #455",
        )
        .timeout(SimDuration::from_millis(3_500))
        .on_refusal(OnRefusal::DeleteCredentials)
        .on_failure(OnFailure::DeleteCredentials),
        Preset::new(
            "kcap-cli",
            Trigger::AtExpiry,
            "kcap-cli: gives up after 5.2 s, comes again 56 s later, and signs out when refused; \
             assumed: at expiry.",
            "kurrent-io/kcap-cli #946",
        )
        .timeout(SimDuration::from_millis(5_200))
        .on_refusal(OnRefusal::DeleteCredentials)
        .with(|profile| profile.next_call = Distribution::exactly(seconds(56))),
        Preset::new(
            "racing-regions",
            Trigger::AtExpiry,
            "Regions that share a credential without a lock and refresh at the same time; \
             assumed: three of them within 1 s, a timeout of 30 s.",
            "community.xero.com/developer/discussion/125347287",
        )
        .timeout(seconds(30))
        .with(|profile| {
            profile.concurrency = Concurrency::Racing {
                workers: 3,
                spread: seconds(1),
            };
        }),
    ]
}
