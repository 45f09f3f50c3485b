//! `server`: the authorization server, its refresh policy, and its amnesty.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value as Json;

use super::distribution::{Dist, Time};
use super::moment::Moment;
use crate::base::SimDuration;
use crate::scenario::finding::Finding;
use crate::scenario::read::{Form, Lasting, List, Name, OrNone, Reader, Spanned, choice, section};
use crate::scenario::tree::Node;

section! {
    /// The authorization server and what stands before it.
    struct ServerForm ("the server") {
        /// The wire protocol of the token endpoint; a preset policy brings its own.
        protocol: ProtocolForm = or(ProtocolForm::Oauth2);
        /// How superseded credentials are treated: the name of a preset, or a policy with its knobs.
        policy: Spanned<PolicyForm> = required("xero-2018");
        /// Life of an access token (`expires_in`); a preset policy brings its own.
        access_token_ttl: Spanned<SimDuration> = required("30m");
        /// Life of the session handle or refresh token, from the authorisation by a person. A preset policy brings its own.
        session_lifetime: Lasting = or(Lasting(SimDuration::from_hours(24 * 3650)));
        /// What a rotation does to the access token issued before. A preset policy brings its own.
        old_access_token: OldAccessTokenForm = or(OldAccessTokenForm::LivesToExpiry);
        /// Time the server takes over a request in calm times.
        service_time: Dist<Time> = required("{ lognormal: { p50: 90ms, p99: 700ms } }");
        /// Where requests wait and are served. This version plays only `unlimited`: a worker for everyone.
        station: StationForm = or(StationForm);
        /// When a gateway before the server answers 504 while the worker still finishes and commits; `none` for no gateway.
        gateway_timeout: OrNone<SimDuration> = or(OrNone(None));
        /// A time in which any generation with a valid session handle is accepted.
        amnesty: AmnestyForm = optional;
        /// The apps that `serve` knows, with the keys they sign or authenticate with. Without any, nothing is verified and every client is let in.
        registrations: List<RegistrationForm> = optional;
    }
}

section! {
    /// An app as it registered with the server (OAuth 1.0a: a consumer, OAuth 2.0: a client).
    struct RegistrationForm ("a registration") {
        /// `oauth_consumer_key`, or `client_id`.
        key: Spanned<String> = required("my-app");
        /// The secret it authenticates with: HMAC-SHA1 and PLAINTEXT in OAuth 1.0a, `client_secret` in OAuth 2.0.
        secret: String = optional;
        /// The public key of its RSA-SHA1 signatures, in PEM: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`.
        rsa_public_key: Spanned<String> = optional;
    }
}

choice! {
    /// The wire protocol of the token endpoint.
    enum ProtocolForm ("a protocol") {
        /// OAuth 1.0a with the session extension: a refusal is 401 `token_rejected`.
        Oauth1a = "oauth1a";
        /// OAuth 2.0: a refusal is 400 `invalid_grant`.
        Oauth2 = "oauth2";
    }
}

choice! {
    /// What a rotation does to the access token issued before.
    enum OldAccessTokenForm ("what becomes of the old access token") {
        /// It dies at once.
        KilledAtRotation = "killed_at_rotation";
        /// It lives to its expiry.
        LivesToExpiry = "lives_to_expiry";
    }
}

choice! {
    /// A refresh policy: how a server treats the credentials that a rotation superseded.
    enum PolicyRuleForm ("a refresh policy") {
        /// No rotation: any refresh answers a new access token, the refresh credential stays.
        Static = "static";
        /// Rotation; the last generations stay valid.
        NonRevoking(NonRevokingForm) = bare "non_revoking";
        /// Single use: a superseded credential is refused.
        Strict(StrictForm) = bare "strict";
        /// The previous generation is honoured for a while.
        Grace(GraceForm) = "grace";
        /// The previous generation dies when its successor is first used.
        CommitOnUse(CommitOnUseForm) = bare "commit_on_use";
    }
}

/// A policy as the server has it. A preset's name has been replaced by its rule before this is read,
/// so a name that arrives here is unknown.
#[derive(Debug, Clone)]
pub(crate) struct PolicyForm(pub(crate) PolicyRuleForm);

impl Form for PolicyForm {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Some(name) = node.text()
            && !PolicyRuleForm::WORDS.contains(&name)
        {
            let presets = crate::authority::preset::all();
            let presets = presets.iter().map(|preset| preset.name);
            let known = PolicyRuleForm::WORDS.iter().copied().chain(presets);
            let message = format!("there is no policy `{name}`");
            reader.report(Finding::at(node.span, message).suggest(name, known));
            return None;
        }
        PolicyRuleForm::read(node, reader).map(Self)
    }

    fn write(&self) -> Json {
        self.0.write()
    }
}

impl JsonSchema for PolicyForm {
    fn schema_name() -> Cow<'static, str> {
        "Policy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rule = generator.subschema_for::<PolicyRuleForm>();
        let names: Vec<&str> =
            crate::authority::preset::all().iter().map(|preset| preset.name).collect();
        json_schema!({
            "description": "How superseded credentials are treated: a preset, or a policy with its knobs.",
            "anyOf": [
                { "enum": names, "description": "A preset, named after the server or provider it is taken from." },
                rule,
            ],
        })
    }
}

section! {
    /// Rotation that leaves old generations valid.
    struct NonRevokingForm ("the knobs of `non_revoking`") {
        /// How many generations stay valid, the newest included; `none` for no limit.
        keep: OrNone<u32> = or(OrNone(None));
    }
}

section! {
    /// Single use.
    struct StrictForm ("the knobs of `strict`") {
        /// What a presented superseded credential sets off.
        on_reuse: OnReuseForm = or(OnReuseForm::None);
    }
}

section! {
    /// A grace window.
    struct GraceForm ("the knobs of `grace`") {
        /// How long the previous generation is honoured, counted from its first use; `forever` for no end.
        window: Lasting = required("30m");
        /// How often it is honoured within the window; `none` for any number of times.
        max_reuse: OrNone<u32> = or(OrNone(None));
        /// What it is answered with.
        reply: GraceReplyForm = or(GraceReplyForm::SamePair);
        /// How long after the first use of the successor's access token the window closes; `none` if it does not.
        close_on_use: OrNone<SimDuration> = or(OrNone(None));
        /// What a superseded credential sets off outside the window.
        on_reuse: OnReuseForm = or(OnReuseForm::None);
    }
}

section! {
    /// The old credential lives until the new one is used.
    struct CommitOnUseForm ("the knobs of `commit_on_use`") {
        /// Which use of the successor confirms it.
        confirm_by: ConfirmByForm = or(ConfirmByForm::Either);
        /// What happens to other unconfirmed successors when one is confirmed.
        siblings: SiblingsForm = or(SiblingsForm::Revoke);
        /// What a superseded credential sets off.
        on_reuse: OnReuseForm = or(OnReuseForm::None);
    }
}

choice! {
    /// What a superseded credential sets off outside every leniency (reuse detection, RFC 9700 §4.14.2).
    enum OnReuseForm ("what reuse sets off") {
        /// It is refused, and that is all.
        None = "none";
        /// The whole token family is revoked.
        RevokeFamily = "revoke_family";
    }
}

choice! {
    /// What the previous generation is answered with in its grace window.
    enum GraceReplyForm ("a reply") {
        /// The successor issued the first time.
        SamePair = "same_pair";
        /// A further successor; the first one stays valid too.
        NewBranch = "new_branch";
        /// A further successor; the first one dies.
        ReplaceSuccessor = "replace_successor";
    }
}

choice! {
    /// Which use of a successor confirms that it arrived.
    enum ConfirmByForm ("what confirms a successor") {
        /// The first API call with its access token.
        AccessUse = "access_use";
        /// The first refresh with it.
        RefreshUse = "refresh_use";
        /// Whichever comes first.
        Either = "either";
    }
}

choice! {
    /// What happens to other unconfirmed successors when one is confirmed.
    enum SiblingsForm ("what happens to siblings") {
        /// They stay valid.
        Keep = "keep";
        /// They are revoked.
        Revoke = "revoke";
    }
}

section! {
    /// A token amnesty, laid over the policy.
    struct AmnestyForm ("the amnesty") {
        /// When it opens.
        from: Spanned<Moment> = required("2018-03-12T23:30:00Z");
        /// How long it lasts. Either `for` or `until`.
        r#for: Spanned<SimDuration> = optional;
        /// When it is over. Either `for` or `until`.
        until: Spanned<Moment> = optional;
        /// When partners hear of it; as it opens, if not given.
        announced: Spanned<Moment> = optional;
        /// The time over which partners are told, each at its own instant; all at once, if not given.
        stagger: Spanned<SimDuration> = optional;
        /// What a superseded credential is answered with.
        reply: AmnestyReplyForm = or(AmnestyReplyForm::NewPair);
        /// The cohorts it covers; all, if not given.
        scope: Spanned<List<Spanned<Name>>> = optional;
        /// Whether it also restores families that reuse detection revoked.
        unrevoke: bool = or(false);
    }
}

choice! {
    /// What a server answers to a superseded credential during an amnesty.
    enum AmnestyReplyForm ("a reply") {
        /// The token that is current.
        CurrentPair = "current_pair";
        /// A new one, as if the current token had been presented.
        NewPair = "new_pair";
    }
}

/// Where requests wait and are served: only the unlimited station so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StationForm;

impl Form for StationForm {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if node.text() == Some("unlimited") {
            return Some(Self);
        }
        let known = ["workers", "queue_limit"];
        let limited = node
            .entries()
            .is_some_and(|entries| entries.iter().any(|entry| known.contains(&entry.key.as_str())));
        let message = if limited {
            "this version plays only an `unlimited` station".to_owned()
        } else {
            format!("expected a station, found {}", node.found())
        };
        reader.report(Finding::at(node.span, message).help("write `station: unlimited`"));
        None
    }

    fn write(&self) -> Json {
        "unlimited".into()
    }
}

impl JsonSchema for StationForm {
    fn schema_name() -> Cow<'static, str> {
        "Station".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Where requests wait and are served: `unlimited`, a worker for everyone.",
            "const": "unlimited",
        })
    }
}
