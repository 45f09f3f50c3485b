//! Client libraries, as they come. Those for Xero's OAuth 1.0a are of 2018 unless they say
//! otherwise.

use super::Preset;
use crate::base::SimDuration;
use crate::client::profile::{
    Backoff, BackoffShape, Jitter, OnFailure, OnRefusal, RetryOn, Schedule, Trigger,
};

pub(super) fn all() -> Vec<Preset> {
    let mut presets = xero_oauth1a();
    presets.extend(xero_php());
    presets.extend(xero_oauth2());
    presets.extend(others());
    presets
}

fn xero_oauth1a() -> Vec<Preset> {
    let (seconds, minutes) = (SimDuration::from_secs, SimDuration::from_mins);
    vec![
        Preset::new(
            "pyxero",
            Trigger::BeforeExpiry { lead: seconds(30) },
            "pyxero's PartnerCredentials: expired 30 s early, no timeout, raises on any failure.",
            "freakboy3742/pyxero@600a63f src/xero/auth.py",
        ),
        Preset::new(
            "xero-net",
            Trigger::AtExpiry,
            "Xero-Net (C#): lazily at expiry without a margin, waits 5.5 min, leaves its store as \
             it is on failure.",
            "XeroAPI/Xero-Net@9dd5645 Xero.Api/Infrastructure/OAuth/OAuthTokens.cs, \
             Http/HttpClient.cs",
        )
        .timeout(seconds(330)),
        Preset::new(
            "xeroizer",
            Trigger::AtExpiry,
            "Xeroizer (Ruby) on oauth gem 0.5.4: waits 30 s, raises on failure; assumed: that its \
             app renews at expiry.",
            "waynerobinson/xeroizer@e17d833 lib/xeroizer/oauth.rb; ruby-oauth/oauth v0.5.4 \
             lib/oauth/consumer.rb",
        )
        .timeout(seconds(30)),
        Preset::new(
            "xero-node-v2",
            Trigger::BeforeExpiry { lead: minutes(3) },
            "xero-node 2.19: 3 min before expiry, without a timeout.",
            "XeroAPI/xero-node a2a3740b^ lib/application.js",
        ),
        Preset::new(
            "xero-node-v3",
            Trigger::AtExpiry,
            "xero-node 3 (June 2018): no timeout; assumed: that its app renews at expiry.",
            "XeroAPI/xero-node da17af06 src/internals/OAuth1HttpClient.ts; ciaranj/node-oauth \
             lib/oauth.js",
        ),
        Preset::new(
            "xero-java",
            Trigger::AtExpiry,
            "Xero-Java: stale at 30 min, waits 60 s; with a key-store password, by a reading of \
             its code, an error body sets token and session handle to null.",
            "XeroAPI/Xero-Java a9011c55 OAuthAccessToken.java, 86779465 JsonConfig.java",
        )
        .timeout(seconds(60))
        .on_refusal(OnRefusal::DeleteCredentials),
        Preset::new(
            "tap-xero",
            Trigger::OnUnauthorized,
            "tap-xero (Singer): renews on 401 and repeats the request; assumed: no timeout, as is \
             the default of Python requests.",
            "singer-io/tap-xero PR #12",
        ),
    ]
}

fn xero_php() -> Vec<Preset> {
    let seconds = SimDuration::from_secs;
    vec![
        Preset::new(
            "xero-php",
            Trigger::AtExpiry,
            "XeroOAuth-PHP: waits 20 s in all, and calls whatever is not a 200 TokenFatal, so its \
             user must authenticate again; assumed: that its app renews at expiry and keeps its \
             credentials.",
            "XeroAPI/XeroOAuth-PHP@a22bdbf lib/XeroOAuth.php",
        )
        .timeout(seconds(20))
        .on_refusal(OnRefusal::Stop)
        .on_failure(OnFailure::Stop),
        Preset::new(
            "calcinai-xero-php",
            Trigger::AtExpiry,
            "calcinai/xero-php: waits 20 s in all, throws on failure; assumed: that its app \
             renews at expiry.",
            "calcinai/xero-php@8ad5cf1a src/XeroPHP/Application.php, examples/partner.php",
        )
        .timeout(seconds(20)),
        Preset::new(
            "academe-xero-php",
            Trigger::OnUnauthorized,
            "academe's Guzzle wrapper (PHP): renews on 401 token_expired and repeats the call \
             once; assumed: no timeout, as is Guzzle's default.",
            "Academe\\XeroPHP\\RefreshableClient",
        ),
        Preset::new(
            "laravel-xero",
            Trigger::Periodic {
                every: SimDuration::from_mins(5),
                schedule: Schedule::Aligned,
            },
            "laravel-xero (OAuth 2.0) run by cron each 5 min: deletes the token on invalid_grant; \
             assumed: a timeout of 30 s.",
            "dcblogdev/laravel-xero #73",
        )
        .timeout(seconds(30))
        .on_refusal(OnRefusal::DeleteCredentials),
    ]
}

fn xero_oauth2() -> Vec<Preset> {
    vec![
        Preset::new(
            "xero-node",
            Trigger::AtExpiry,
            "xero-node since version 4, on openid-client: waits 3.5 s; assumed: that its app \
             renews at expiry.",
            "XeroAPI/xero-node cfc658ff src/XeroClient.ts; #448, #614",
        )
        .timeout(SimDuration::from_millis(3_500)),
        Preset::new(
            "xero-netstandard",
            Trigger::AtExpiry,
            "Xero-NetStandard: lazily at expiry with a plain HttpClient; assumed: that one's \
             default timeout of 100 s.",
            "XeroAPI/Xero-NetStandard@e2b29f77 \
             Xero.NetStandard.OAuth2Client/src/Client/XeroClient.cs",
        )
        .timeout(SimDuration::from_secs(100)),
    ]
}

fn others() -> Vec<Preset> {
    let seconds = SimDuration::from_secs;
    vec![
        Preset::new(
            "gotrue-js",
            Trigger::BeforeExpiry { lead: seconds(90) },
            "gotrue-js (Supabase): 90 s before expiry, up to 10 tries from 200 ms; assumed: no \
             timeout, tries at most 30 s apart after whatever is no refusal, and a sign-out on \
             refusal.",
            "@supabase/auth-js 2.95.3 dist/module/lib/constants.js; supabase/gotrue-js PR #278",
        )
        .on_refusal(OnRefusal::DeleteCredentials)
        .with(|profile| {
            profile.max_attempts = 10;
            profile.backoff = Backoff {
                shape: BackoffShape::Exponential {
                    base: SimDuration::from_millis(200),
                    cap: seconds(30),
                },
                jitter: Jitter::None,
            };
            profile.retry_on = RetryOn {
                timeout: true,
                reset: true,
                server_error: true,
                throttled: true,
            };
        }),
    ]
}
