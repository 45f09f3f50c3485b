//! Providers: what integrators meet.

use super::{Preset, REFUSE, REVOKE, days, grace};
use crate::authority::policy::{Grace, GraceReply, NonRevoking, OnReuse, Policy, Static};
use crate::base::SimDuration;

pub(super) fn all() -> Vec<Preset> {
    let mut presets = xero();
    presets.extend(single_use());
    presets.extend(lenient());
    presets.extend(not_rotating());
    presets
}

fn xero() -> Vec<Preset> {
    vec![
        Preset::new(
            "xero-2018",
            REFUSE,
            "Xero's OAuth 1.0a partner API in March 2018: a renewal kills the token it was made \
             with, and a lost answer leaves only the session handle.",
            "status.developer.xero.com/incidents/74pjsq081w37; XeroAPI/xero-node@3ffa7703 \
             src/internals/OAuth1HttpClient.ts (1800 s, 3650 days); waynerobinson/xeroizer \
             README.md before 9f8724d (\"invalidate the previous token\")",
        )
        .oauth1a()
        .access_token(SimDuration::from_mins(30))
        .kills_old_access_token(),
        Preset::new(
            "xero-today",
            grace(
                SimDuration::from_mins(30),
                GraceReply::SamePair,
                OnReuse::None,
            ),
            "Xero's OAuth 2.0: the existing refresh token can be retried for 30 min; assumed: the \
             same pair in reply, the window counted from the first use, a ten-year session.",
            "developer.xero.com/faq/oauth2",
        )
        .access_token(SimDuration::from_mins(30)),
    ]
}

fn single_use() -> Vec<Preset> {
    vec![
        Preset::new(
            "auth0",
            REVOKE,
            "Auth0 with rotation on and its default leeway of 0: reuse revokes the family; \
             assumed: 1 h access token, ten-year session.",
            "auth0.com/docs/tokens/guides/configure-refresh-token-rotation",
        ),
        Preset::new(
            "box",
            REFUSE,
            "Box: a refresh token is used once within 60 days; assumed: 1 h access token, \
             ten-year session.",
            "developer.box.com/guides/authentication/tokens/refresh",
        ),
        Preset::new(
            "discord",
            REFUSE,
            "Discord: a refresh revokes the refresh tokens issued before at once; assumed: 1 h \
             access token, ten-year session.",
            "status.pipedream.com/incidents/6lpc3m4mg914",
        ),
        Preset::new(
            "github",
            REFUSE,
            "GitHub Apps: a refresh kills the refresh token and the access token before it; \
             assumed: ten-year session.",
            "docs.github.com/en/developers/apps/refreshing-user-to-server-access-tokens",
        )
        .access_token(SimDuration::from_hours(8))
        .kills_old_access_token(),
        Preset::new(
            "jobber",
            REFUSE,
            "Jobber for apps made after 2 January 2024: the refresh token is invalid at once; \
             assumed: 1 h access token, ten-year session.",
            "developer.getjobber.com/docs/building_your_app/refresh_token_rotation",
        ),
        Preset::new(
            "salesforce-rotating",
            REFUSE,
            "Salesforce with rotation switched on: the previous refresh token is invalidated; \
             assumed: 1 h access token, ten-year session.",
            "help.salesforce.com, remoteaccess_oauth_refresh_token_flow; airbytehq/airbyte #82783",
        ),
        Preset::new(
            "slack",
            REFUSE,
            "Slack with token rotation switched on: the refresh token is revoked when it is used; \
             assumed: ten-year session.",
            "docs.slack.dev/authentication/using-token-rotation",
        )
        .access_token(SimDuration::from_hours(12)),
        Preset::new(
            "zoom",
            REFUSE,
            "Zoom: a refresh revokes the refresh tokens issued before at once; assumed: 1 h \
             access token, ten-year session.",
            "status.pipedream.com/incidents/6lpc3m4mg914",
        ),
    ]
}

fn lenient() -> Vec<Preset> {
    let seconds = SimDuration::from_secs;
    vec![
        Preset::new(
            "atlassian",
            grace(seconds(600), GraceReply::SamePair, OnReuse::None),
            "Atlassian 3LO: a reuse interval of 10 min, a year in all; assumed: the same pair in \
             reply, no revocation after it, 1 h access token.",
            "developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens (as copied in \
             microsoft/generative-ai-for-beginners #342)",
        )
        .session(days(365)),
        Preset::new(
            "auth0-leeway",
            grace(seconds(30), GraceReply::NewBranch, OnReuse::RevokeFamily),
            "Auth0 with a rotation overlap period: the previous token gets a further one; \
             assumed: a leeway of 30 s, 1 h access token, ten-year session.",
            "auth0.com/docs/tokens/guides/configure-refresh-token-rotation",
        ),
        Preset::new(
            "cognito",
            grace(seconds(60), GraceReply::SamePair, OnReuse::None),
            "AWS Cognito with rotation on and the longest grace period it allows, 60 s; assumed: \
             the same pair in reply, 1 h access token, ten-year session.",
            "docs.aws.amazon.com, Cognito API_RefreshTokenRotationType",
        ),
        Preset::new(
            "entra",
            Policy::NonRevoking(NonRevoking { keep: None }),
            "Microsoft Entra: a new refresh token each time, and old ones are not revoked; \
             assumed: 1 h access token, ten-year session.",
            "learn.microsoft.com/entra/identity-platform/refresh-tokens",
        ),
        Preset::new(
            "okta",
            grace(seconds(30), GraceReply::SamePair, OnReuse::RevokeFamily),
            "Okta for single-page apps: a leeway of 30 s, after which reuse revokes all tokens \
             since the sign-in; assumed: the same pair in reply, 1 h access token, ten-year \
             session.",
            "okta/okta-developer-docs, guides/refresh-tokens/main/index.md",
        ),
        Preset::new(
            "ringcentral",
            Policy::Grace(Grace {
                window: seconds(3_600),
                max_reuse: None,
                reply: GraceReply::SamePair,
                close_on_use: Some(seconds(10)),
                on_reuse: OnReuse::None,
            }),
            "RingCentral, by experiment: the first answer is replayed for 60 min, or until 10 s \
             after the new access token is used; assumed: 1 h access token, ten-year session.",
            "tylerlong/ringcentral-token-refresh-experiment",
        ),
        Preset::new(
            "workos",
            grace(seconds(30), GraceReply::SamePair, OnReuse::None),
            "WorkOS AuthKit: the same rotated pair for 30 s, then a refusal for good; assumed: \
             ten-year session.",
            "kurrent-io/kcap-cli #946 (which also has the access token of 300 s)",
        )
        .access_token(seconds(300)),
    ]
}

fn not_rotating() -> Vec<Preset> {
    vec![
        Preset::new(
            "google",
            Policy::Static(Static),
            "Google: a refresh does not rotate; assumed: 1 h access token, ten-year session.",
            "developers.google.com/identity/protocols/oauth2 (as quoted at \
             qiita.com/croquette0212/items/8da7ccaa09abf89d4f51)",
        ),
        Preset::new(
            "hubspot",
            Policy::Static(Static),
            "HubSpot: the stored refresh token is used again and again; assumed: that it never \
             rotates, ten-year session.",
            "developers.hubspot.com/changelog/upcoming-expiration-of-oauth-access-tokens-is-changing; \
             nango.dev/blog/hubspot-oauth-bad-refresh-token",
        )
        .access_token(SimDuration::from_mins(30)),
        Preset::new(
            "quickbooks",
            Policy::Static(Static),
            "QuickBooks Online: the refresh token changes about once a day (not modelled) and \
             ends after five years.",
            "developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/faq; \
             airbytehq/airbyte #7296",
        )
        .session(days(5 * 365)),
        Preset::new(
            "salesforce-static",
            Policy::Static(Static),
            "Salesforce as it comes: the refresh token is used again and again; assumed: 1 h \
             access token, ten-year session.",
            "help.salesforce.com, remoteaccess_oauth_refresh_token_flow",
        ),
    ]
}
