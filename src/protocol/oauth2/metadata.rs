//! What a server says about itself: `OpenID` Connect Discovery 1.0 §3 and RFC 8414 §2.

use serde_json::json;

/// Where the endpoints of a server are, below its issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// The issuer: an URL without a trailing slash.
    pub issuer: &'a str,
    /// Path of the authorization endpoint.
    pub authorization_path: &'a str,
    /// Path of the token endpoint.
    pub token_path: &'a str,
}

impl<'a> Metadata<'a> {
    /// Path of `OpenID` Connect's document.
    pub const OPENID_PATH: &'static str = "/.well-known/openid-configuration";
    /// Path of RFC 8414's document.
    pub const OAUTH_PATH: &'static str = "/.well-known/oauth-authorization-server";
    /// Path of the keys that both documents name.
    pub const KEYS_PATH: &'static str = "/.well-known/openid-configuration/jwks";
    /// The keys: none, since our tokens are opaque (RFC 7517 §5).
    pub const KEYS: &'static str = "{\"keys\":[]}";

    /// The metadata of an issuer, with the paths of identity.xero.com and login.xero.com.
    pub const fn new(issuer: &'a str) -> Self {
        Self {
            issuer,
            authorization_path: "/identity/connect/authorize",
            token_path: "/connect/token",
        }
    }

    /// The document at [`Self::OAUTH_PATH`] (RFC 8414 §3.2).
    pub fn oauth(&self) -> String {
        self.common().to_string()
    }

    /// The document at [`Self::OPENID_PATH`] (`OpenID` Connect Discovery 1.0 §4.2).
    pub fn openid(&self) -> String {
        let mut document = self.common();
        document["subject_types_supported"] = json!(["public"]);
        document["id_token_signing_alg_values_supported"] = json!(["RS256"]);
        document.to_string()
    }

    fn common(&self) -> serde_json::Value {
        let issuer = self.issuer.trim_end_matches('/');
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}{}", self.authorization_path),
            "token_endpoint": format!("{issuer}{}", self.token_path),
            "jwks_uri": format!("{issuer}{}", Self::KEYS_PATH),
            "scopes_supported": ["openid", "offline_access"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256", "plain"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_documents_name_the_endpoints() {
        let metadata = Metadata::new("http://127.0.0.1:8080");
        for (document, openid) in [(metadata.oauth(), false), (metadata.openid(), true)] {
            let read: serde_json::Value = serde_json::from_str(&document).unwrap();
            assert_eq!(read["issuer"], "http://127.0.0.1:8080");
            assert_eq!(read["token_endpoint"], "http://127.0.0.1:8080/connect/token");
            assert_eq!(read["response_types_supported"], json!(["code"]));
            assert_eq!(read.get("subject_types_supported").is_some(), openid);
        }
    }
}
