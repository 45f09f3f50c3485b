//! Server software: what one can run.

use super::{Preset, REFUSE, REVOKE, days, grace};
use crate::authority::policy::{
    CommitOnUse, ConfirmBy, Grace, GraceReply, OnReuse, Policy, Siblings, Static,
};
use crate::base::SimDuration;

pub(super) fn all() -> Vec<Preset> {
    let mut presets = single_use();
    presets.extend(lenient());
    presets.extend(committing_on_use());
    presets.extend(not_rotating());
    presets
}

fn single_use() -> Vec<Preset> {
    vec![
        Preset::new(
            "curity",
            REVOKE,
            "Curity by default (grace period 0): reuse revokes; assumed: 1 h access token, \
             ten-year session.",
            "curity.io/docs/identity-server/configuration-reference, refresh-token-revocation",
        ),
        Preset::new(
            "django-oauth-toolkit",
            REFUSE,
            "django-oauth-toolkit by default: one use, no reuse detection, and a rotation kills the \
             access token before it; assumed: 1 h access token, ten-year session.",
            "django-oauth-toolkit@0f9d49f4 docs/settings.rst, \
             oauth2_provider/oauth2_validators.py; the old access token measured over HTTP at 3.4.1",
        )
        .kills_old_access_token(),
        Preset::new(
            "duende-one-time",
            REFUSE,
            "Duende IdentityServer with OneTimeOnly, the default before version 7: the consumed \
             token is refused; assumed: 1 h access token, ten-year session.",
            "DuendeSoftware/products@18193b5f5 DefaultRefreshTokenService.cs, \
             Storage/Models/Client.cs",
        ),
        Preset::new(
            "hydra",
            REVOKE,
            "Ory Hydra by default: one use, and reuse revokes all tokens of the consent; assumed: \
             1 h access token, ten-year session.",
            "ory/hydra@83127c575 spec/config.json, persistence/sql/persister_oauth2.go",
        )
        .kills_old_access_token(),
        Preset::new(
            "keycloak-rotating",
            REVOKE,
            "Keycloak with revokeRefreshToken and refreshTokenMaxReuse 0: reuse detaches the \
             client session; assumed: 1 h access token, ten-year session.",
            "keycloak/keycloak TokenManager.java; issues #37900, #38246",
        ),
        Preset::new(
            "node-oidc-provider",
            REVOKE,
            "node-oidc-provider where it rotates: reuse revokes the grant, and a year is the end; \
             assumed: 1 h access token.",
            "panva/node-oidc-provider@b95c2944 lib/actions/grants/refresh_token.js, \
             lib/helpers/defaults.js",
        )
        .session(days(365)),
        Preset::new(
            "spring-rotating",
            REFUSE,
            "Spring Authorization Server with reuseRefreshTokens off: the old token is unknown; \
             assumed: 1 h access token, ten-year session.",
            "spring-authorization-server@b90fb093 TokenSettings.java, \
             OAuth2RefreshTokenAuthenticationProvider.java",
        ),
        Preset::new(
            "zitadel",
            REFUSE,
            "Zitadel: one refresh token a session, older ones are refused; assumed: 1 h access \
             token, ten-year session.",
            "zitadel/zitadel internal/command/oidc_session_model.go; issue #9631",
        ),
    ]
}

fn lenient() -> Vec<Preset> {
    let seconds = SimDuration::from_secs;
    vec![
        Preset::new(
            "audiobookshelf",
            grace(seconds(600), GraceReply::SamePair, OnReuse::None),
            "audiobookshelf: the current token in reply for 10 min; assumed: 1 h access token, \
             ten-year session.",
            "advplyr/audiobookshelf #5281, PR #5376",
        ),
        Preset::new(
            "connect2id",
            grace(seconds(5), GraceReply::SamePair, OnReuse::None),
            "Connect2id server by default: reuse is allowed for 5 s; assumed: the same pair in \
             reply, 1 h access token, ten-year session.",
            "connect2id.com/blog/connect2id-server-14-2",
        ),
        Preset::new(
            "dex",
            grace(seconds(3), GraceReply::SamePair, OnReuse::None),
            "Dex with the reuse interval of its examples, 3 s; assumed: the same pair in reply, \
             no revocation after it, 1 h access token, ten-year session.",
            "docs.stakater.com/dco/latest/guides/token-expiry.html",
        ),
        Preset::new(
            "django-grace",
            grace(seconds(120), GraceReply::SamePair, OnReuse::None),
            "django-oauth-toolkit with the grace period its manual suggests, 2 min: the same \
             pair; the first rotation kills the access token before it; assumed: 1 h access token, \
             ten-year session.",
            "django-oauth-toolkit@0f9d49f4 docs/settings.rst, \
             oauth2_provider/oauth2_validators.py; the old access token measured over HTTP at 3.4.1",
        )
        .kills_old_access_token(),
        Preset::new(
            "gotrue",
            grace(SimDuration::FOREVER, GraceReply::SamePair, OnReuse::RevokeFamily),
            "Supabase GoTrue: the parent of the active token always gets the active one, older \
             ones revoke the session; assumed: 1 h access token, ten-year session.",
            "supabase/auth@bc32168e internal/tokens/service.go, internal/conf/configuration.go",
        ),
        Preset::new(
            "hydra-grace",
            grace(seconds(300), GraceReply::NewBranch, OnReuse::RevokeFamily),
            "Ory Hydra with the longest grace period it allows without a count, 5 min from the \
             first use: a new pair each time; assumed: 1 h access token, ten-year session.",
            "ory/hydra@83127c575 spec/config.json; ory/docs \
             docs/hydra/guides/graceful-token-refresh.mdx",
        )
        .kills_old_access_token(),
        Preset::new(
            "wso2-graceful",
            Policy::Grace(Grace {
                window: seconds(60),
                max_reuse: None,
                reply: GraceReply::ReplaceSuccessor,
                close_on_use: Some(SimDuration::ZERO),
                on_reuse: OnReuse::None,
            }),
            "WSO2 Identity Server with graceful rotation: the most recent replay wins until the \
             successor is used; assumed: a window of 60 s without a limit of reuses, 1 h access \
             token, ten-year session.",
            "wso2/docs-is PR #6173; wso2/product-is #27820",
        ),
    ]
}

fn committing_on_use() -> Vec<Preset> {
    let commit = |confirm_by, siblings, on_reuse| {
        Policy::CommitOnUse(CommitOnUse { confirm_by, siblings, on_reuse })
    };
    vec![
        Preset::new(
            "doorkeeper",
            commit(ConfirmBy::AccessUse, Siblings::Keep, OnReuse::None),
            "Doorkeeper with its default migration: the old token dies when the new access token \
             is first used; assumed: 1 h access token, ten-year session.",
            "doorkeeper@d0cd44a7 lib/doorkeeper/oauth/refresh_token_request.rb; PR #575",
        ),
        Preset::new(
            "keycloak-max-reuse",
            commit(ConfirmBy::RefreshUse, Siblings::Revoke, OnReuse::RevokeFamily),
            "Keycloak with refreshTokenMaxReuse of at least 1: a token is accepted again until a \
             later one is used; assumed: that the count is never reached, 1 h access token, \
             ten-year session.",
            "keycloak/keycloak TokenManager.java; PR #4510",
        ),
        Preset::new(
            "supertokens",
            commit(ConfirmBy::Either, Siblings::Revoke, OnReuse::RevokeFamily),
            "SuperTokens: the confirmed token gets a new child each time, any other is called \
             theft; assumed: that the app then revokes the session, 1 h access token, ten-year \
             session.",
            "supertokens/supertokens-core Session.java",
        ),
    ]
}

fn not_rotating() -> Vec<Preset> {
    vec![
        Preset::new(
            "duende",
            Policy::Static(Static),
            "Duende IdentityServer since version 7: the refresh token is used again and again; \
             assumed: 1 h access token, ten-year session.",
            "DuendeSoftware/products@18193b5f5 Storage/Models/Client.cs",
        ),
        Preset::new(
            "fusionauth",
            Policy::Static(Static),
            "FusionAuth by default: reusable refresh tokens; assumed: 1 h access token, ten-year \
             session.",
            "FusionAuth/fusionauth-site PR #3464",
        ),
        Preset::new(
            "keycloak",
            Policy::Static(Static),
            "Keycloak by default (revokeRefreshToken off); assumed: 1 h access token, ten-year \
             session.",
            "keycloak/keycloak TokenManager.java; PR #4510",
        ),
        Preset::new(
            "spring",
            Policy::Static(Static),
            "Spring Authorization Server by default (reuseRefreshTokens on); assumed: 1 h access \
             token, ten-year session.",
            "spring-authorization-server@b90fb093 TokenSettings.java",
        ),
        Preset::new(
            "wso2",
            Policy::Static(Static),
            "WSO2 Identity Server by default: the same refresh token in every reply; assumed: 1 h \
             access token, ten-year session.",
            "wso2/docs-is PR #6173; wso2/product-is #27820",
        ),
    ]
}
