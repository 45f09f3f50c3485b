//! Words of the file and what they mean, both ways.

use serde_json::Value as Json;

use crate::authority::{AmnestyReply, ConfirmBy, GraceReply, OldAccessToken, OnReuse, Siblings};
use crate::client::{Jitter, OnFailure, Per, RetryAfter, Schedule};
use crate::fault::SeenAs;
use crate::protocol::Protocol;
use crate::scenario::file::client::{
    JitterForm, OnFailureForm, PerForm, RetryAfterForm, TimetableForm,
};
use crate::scenario::file::server::{
    AmnestyReplyForm, ConfirmByForm, GraceReplyForm, OldAccessTokenForm, OnReuseForm, ProtocolForm,
    SiblingsForm,
};
use crate::scenario::read::Form;

/// Pairs the words of a form with the values of a type: `meaning` and `word` of each other.
macro_rules! words {
    ($( $Form:ident => $Type:ident { $($Variant:ident),+ } )+) => { $(
        impl From<&$Form> for $Type {
            fn from(form: &$Form) -> Self {
                match form { $( $Form::$Variant => Self::$Variant ),+ }
            }
        }

        impl From<$Type> for $Form {
            fn from(value: $Type) -> Self {
                match value { $( $Type::$Variant => Self::$Variant ),+ }
            }
        }
    )+ };
}

words! {
    ProtocolForm => Protocol { Oauth1a, Oauth2 }
    OldAccessTokenForm => OldAccessToken { KilledAtRotation, LivesToExpiry }
    OnReuseForm => OnReuse { None, RevokeFamily }
    GraceReplyForm => GraceReply { SamePair, NewBranch, ReplaceSuccessor }
    ConfirmByForm => ConfirmBy { AccessUse, RefreshUse, Either }
    SiblingsForm => Siblings { Keep, Revoke }
    AmnestyReplyForm => AmnestyReply { CurrentPair, NewPair }
    TimetableForm => Schedule { Spread, Aligned }
    JitterForm => Jitter { None, Full, Equal, Decorrelated }
    RetryAfterForm => RetryAfter { Obey, Ignore }
    PerForm => Per { Partner, Org }
    OnFailureForm => OnFailure { TryLater, Stop, DeleteCredentials }
}

/// A protocol as it is written.
pub(crate) fn protocol_json(protocol: Protocol) -> Json {
    ProtocolForm::from(protocol).write()
}

/// What becomes of old access tokens, as it is written.
pub(crate) fn old_access_token_json(old: OldAccessToken) -> Json {
    OldAccessTokenForm::from(old).write()
}

/// What a sight of a lost answer means. The reader lets no other words through.
pub(super) fn sight(name: &str) -> SeenAs {
    match name {
        "reset" => SeenAs::Reset,
        "truncated" => SeenAs::Truncated,
        "closed" => SeenAs::Closed,
        "cut_headers" => SeenAs::CutHeaders,
        "status_502" => SeenAs::Status(502),
        "status_503" => SeenAs::Status(503),
        "status_504" => SeenAs::Status(504),
        _ => SeenAs::Silence,
    }
}
