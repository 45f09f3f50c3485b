//! Signatures of OAuth 1.0a (RFC 5849 §3.4).
//!
//! SHA-1 is what the protocol prescribes; as an HMAC it still holds, and for RSA signatures of 2018
//! there was nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::protocol::form;
use crate::protocol::oauth1::{Parameters, RequestLine, RsaKey};

/// The secrets that sign for a consumer, and the one of the token, empty if there is no token.
#[derive(Clone, Copy)]
pub(super) struct Secrets<'a> {
    pub(super) consumer: &'a str,
    pub(super) token: &'a str,
}

impl Secrets<'_> {
    /// Both, encoded and joined: the key of HMAC-SHA1 (§3.4.2), the signature of PLAINTEXT (§3.4.4).
    pub(super) fn joined(self) -> String {
        let mut joined = String::with_capacity(self.consumer.len() + self.token.len() + 1);
        joined.extend(form::encode(self.consumer));
        joined.push('&');
        joined.extend(form::encode(self.token));
        joined
    }

    fn hmac_key(self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.joined().as_bytes())
    }
}

/// The signature of a base string by HMAC-SHA1 (§3.4.2).
pub(super) fn sign_hmac(base: &str, secrets: Secrets<'_>) -> String {
    STANDARD.encode(hmac::sign(&secrets.hmac_key(), base.as_bytes()))
}

/// Whether this is the HMAC-SHA1 of the base string, compared in constant time.
pub(super) fn verify_hmac(base: &str, secrets: Secrets<'_>, signature: &str) -> bool {
    STANDARD
        .decode(signature)
        .is_ok_and(|tag| hmac::verify(&secrets.hmac_key(), base.as_bytes(), &tag).is_ok())
}

/// Whether this is the RSA-SHA1 signature of the base string (§3.4.3).
pub(super) fn verify_rsa(base: &str, key: &RsaKey, signature: &str) -> bool {
    STANDARD.decode(signature).is_ok_and(|signature| key.verifies(base.as_bytes(), &signature))
}

/// Whether these are the secrets themselves (§3.4.4). HMACs of both are compared, in constant time,
/// because ring deprecates comparing anything else.
pub(super) fn verify_plaintext(secrets: Secrets<'_>, signature: &str) -> bool {
    let expected = secrets.joined();
    let key = hmac::Key::new(hmac::HMAC_SHA256, expected.as_bytes());
    let tag = hmac::sign(&key, expected.as_bytes());
    hmac::verify(&key, signature.as_bytes(), tag.as_ref()).is_ok()
}

impl Parameters<'_> {
    /// The signature base string (RFC 5849 §3.4.1.1): method, base string URI and parameters.
    pub fn base_string(&self, line: &RequestLine<'_>) -> String {
        let normalised = self.normalised();
        let uri = base_uri(line);
        let mut base = String::with_capacity(normalised.len() * 3 / 2 + uri.len() * 2 + 16);
        for letter in line.method.chars() {
            base.push(letter.to_ascii_uppercase());
        }
        base.push('&');
        base.extend(form::encode(&uri));
        base.push('&');
        base.extend(form::encode(&normalised));
        base
    }

    /// All parameters but the signature, encoded, sorted and joined (RFC 5849 §3.4.1.3.2).
    fn normalised(&self) -> String {
        // Names and values are encoded into one text, and their places are sorted.
        let mut text = String::with_capacity(256);
        let mut places = Vec::with_capacity(16);
        for (name, value) in self.iter().filter(|(name, _)| *name != "oauth_signature") {
            let start = text.len();
            text.extend(form::encode(name));
            let middle = text.len();
            text.extend(form::encode(value));
            places.push((start, middle, text.len()));
        }
        places.sort_unstable_by_key(|(start, middle, end)| {
            (&text[*start..*middle], &text[*middle..*end])
        });
        let mut joined = String::with_capacity(text.len() + 2 * places.len());
        for (start, middle, end) in places {
            if !joined.is_empty() {
                joined.push('&');
            }
            joined.push_str(&text[start..middle]);
            joined.push('=');
            joined.push_str(&text[middle..end]);
        }
        joined
    }
}

/// Scheme, host and path (RFC 5849 §3.4.1.2); the port only if it is not the scheme's own.
fn base_uri(line: &RequestLine<'_>) -> String {
    let mut uri = line.scheme.to_ascii_lowercase();
    let port = match uri.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let host = line.host.strip_suffix(port).unwrap_or(line.host).to_ascii_lowercase();
    uri.push_str("://");
    uri.push_str(&host);
    uri.push_str(line.path());
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets<'a>(consumer: &'a str, token: &'a str) -> Secrets<'a> {
        Secrets { consumer, token }
    }

    /// RFC 5849 §3.4.1.1, with the signature as corrected by its erratum 2550.
    #[test]
    fn the_base_string_of_rfc_5849_section_3_4_1_1() {
        let line = RequestLine {
            method: "POST",
            scheme: "http",
            host: "example.com",
            target: "/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        };
        let header = br#"OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2",
            oauth_token="kkk9d7dh3k39sjv7", oauth_signature_method="HMAC-SHA1",
            oauth_timestamp="137131201", oauth_nonce="7d8f3e4a",
            oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D""#;
        let form: &[u8] = b"application/x-www-form-urlencoded";
        let parameters = Parameters::parse(&line, Some(header), Some(form), b"c2&a3=2+q").unwrap();
        let base = parameters.base_string(&line);
        assert_eq!(
            base,
            "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D\
             %253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce\
             %3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26\
             oauth_token%3Dkkk9d7dh3k39sjv7"
        );
        let secrets = secrets("j49sk3j29djd", "dh893hdasih9");
        assert_eq!(sign_hmac(&base, secrets), "r6/TJjbCOr97/+UU0NsvSne7s5g=");
    }

    /// RFC 5849 §3.4.1.2.
    #[test]
    fn base_uris_are_those_of_rfc_5849() {
        let cases = [
            ("http", "EXAMPLE.COM:80", "/r%20v/X?id=123", "http://example.com/r%20v/X"),
            ("https", "www.example.net:8080", "/?q=1", "https://www.example.net:8080/"),
            ("HTTPS", "example.com:443", "?q=1", "https://example.com/"),
            ("https", "example.com:80", "", "https://example.com:80/"),
        ];
        for (scheme, host, target, expected) in cases {
            let line = RequestLine { method: "GET", scheme, host, target };
            assert_eq!(base_uri(&line), expected);
        }
    }

    /// Section 9.1.1 of the oauth.net wiki's test cases.
    #[test]
    fn parameters_are_normalised_as_in_the_test_cases() {
        let cases = [
            ("name", "name="),
            ("a=b", "a=b"),
            ("c=d&a=b", "a=b&c=d"),
            ("a=x%21y&a=x+y", "a=x%20y&a=x%21y"),
            ("x%21y=a&x=a", "x=a&x%21y=a"),
            ("oauth_signature=s", ""),
            ("a=%3A&a=0", "a=%3A&a=0"),
        ];
        for (query, expected) in cases {
            let target = format!("/?{query}");
            let line = RequestLine { method: "GET", scheme: "http", host: "h", target: &target };
            let parameters = Parameters::parse(&line, None, None, b"").unwrap();
            assert_eq!(parameters.normalised(), expected, "{query}");
        }
    }

    /// Section 9.2 of the oauth.net wiki's test cases.
    #[test]
    fn hmacs_are_those_of_the_test_cases() {
        let photos = "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26\
                      oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dkllo9940pd9333jh%26\
                      oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26\
                      oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal";
        let cases = [
            ("bs", secrets("cs", ""), "egQqG5AJep5sJ7anhXju1unge2I="),
            ("bs", secrets("cs", "ts"), "VZVjXceV7JgPq/dOTnNmEfO0Fv8="),
            (
                photos,
                secrets("kd94hf93k423kf44", "pfkkdhi9sl3r4s00"),
                "tR3+Ty81lMeYAr/Fid0kMTYa/WM=",
            ),
        ];
        for (base, secrets, signature) in cases {
            assert_eq!(sign_hmac(base, secrets), signature);
            assert!(verify_hmac(base, secrets, signature));
            assert!(!verify_hmac("other", secrets, signature));
            assert!(!verify_hmac(base, secrets, &signature[1..]));
        }
    }

    #[test]
    fn plain_secrets_are_encoded_and_compared() {
        let secrets = secrets("djr9rjt0jd78jf88", "jjd99$tj88uiths3");
        // The example of RFC 5849 §3.4.4 is encoded once more for its header.
        let signature = "djr9rjt0jd78jf88&jjd99%24tj88uiths3";
        assert_eq!(secrets.joined(), signature);
        assert!(verify_plaintext(secrets, signature));
        for wrong in ["", "&", "djr9rjt0jd78jf88&jjd99$tj88uiths3", &signature[1..]] {
            assert!(!verify_plaintext(secrets, wrong), "{wrong}");
        }
    }
}
