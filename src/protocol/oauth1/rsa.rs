//! Public keys of RSA from the files in which consumers hand them over.
//!
//! Private keys are absent on purpose: ring signs with SHA-2 only, so nothing here can sign RSA-SHA1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};

/// A public key that verifies RSA-SHA1 signatures (RFC 5849 §3.4.3), of 1,024 to 8,192 bits: keys of
/// 2018 had 1,024.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaKey {
    /// An `RSAPublicKey` (RFC 8017 §A.1.1) in DER.
    der: Vec<u8>,
}

/// Why a file is no public key of RSA.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RsaKeyError {
    /// No PEM block (RFC 7468) begins, or none ends.
    #[error("no whole PEM block")]
    NoPem,
    /// The block holds something else: a private key, say.
    #[error("a PEM block that is neither `PUBLIC KEY` nor `RSA PUBLIC KEY` nor `CERTIFICATE`")]
    OtherBlock,
    /// The block is not Base64.
    #[error("a PEM block that is not Base64")]
    Base64,
    /// The content is not the DER of such a key.
    #[error("a PEM block without the DER of an RSA key")]
    Der,
    /// The key is too short or too long.
    #[error("an RSA key of {0} bits, where 1024 to 8192 are supported")]
    Bits(usize),
}

impl RsaKey {
    /// The key of the first block of a PEM file: `PUBLIC KEY` (RFC 7468 §13), `RSA PUBLIC KEY`
    /// (RFC 8017 §A.1.1), or the subject's key of a `CERTIFICATE` (RFC 7468 §5). Of a certificate,
    /// neither signature nor dates are checked: consumers register self-signed ones.
    ///
    /// # Errors
    /// [`RsaKeyError`]
    pub fn from_pem(pem: &[u8]) -> Result<Self, RsaKeyError> {
        let (label, content) = first_block(pem).ok_or(RsaKeyError::NoPem)?;
        let unwrap: fn(&[u8]) -> Option<&[u8]> = match label {
            b"PUBLIC KEY" => key_of_info,
            b"RSA PUBLIC KEY" => |der| Some(der),
            b"CERTIFICATE" => key_of_certificate,
            _ => return Err(RsaKeyError::OtherBlock),
        };
        let base64: Vec<u8> =
            content.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let der = STANDARD.decode(base64).map_err(|_| RsaKeyError::Base64)?;
        let key = unwrap(&der).ok_or(RsaKeyError::Der)?;
        match bits(key).ok_or(RsaKeyError::Der)? {
            1_024..=8_192 => Ok(Self { der: key.to_vec() }),
            bits => Err(RsaKeyError::Bits(bits)),
        }
    }

    /// Whether this is the signature of `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, &self.der)
            .verify(message, signature)
            .is_ok()
    }
}

/// Label and content of the first PEM block.
fn first_block(pem: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, rest) = split(pem, b"-----BEGIN ")?;
    let (label, rest) = split(rest, b"-----")?;
    let (content, rest) = split(rest, b"-----END ")?;
    let ends = rest.strip_prefix(label)?.starts_with(b"-----");
    ends.then_some((label, content))
}

/// What is before and after the first occurrence of `mark`.
fn split<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = text.windows(mark.len()).position(|window| window == mark)?;
    Some((&text[..place], &text[place + mark.len()..]))
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// The explicit tag of a certificate's version (RFC 5280 §4.1).
const VERSION: u8 = 0xa0;

/// `rsaEncryption`, 1.2.840.113549.1.1.1 (RFC 8017 §A.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The key inside a `SubjectPublicKeyInfo` (RFC 5280 §4.1).
fn key_of_info(der: &[u8]) -> Option<&[u8]> {
    let (info, _) = take(der, SEQUENCE)?;
    let (algorithm, rest) = take(info, SEQUENCE)?;
    let (object, _) = take(algorithm, OBJECT)?;
    let (bits, _) = take(rest, BIT_STRING)?;
    let key = bits.strip_prefix(&[0])?;
    (object == RSA).then_some(key)
}

/// The subject's key of a `Certificate` (RFC 5280 §4.1).
fn key_of_certificate(der: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = take(der, SEQUENCE)?;
    let (body, _) = take(certificate, SEQUENCE)?;
    let mut rest = take(body, VERSION).map_or(body, |(_, rest)| rest);
    // Serial number, signature algorithm, issuer, validity, subject.
    for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
        rest = take(rest, tag)?.1;
    }
    key_of_info(rest)
}

/// Bits of the modulus of an `RSAPublicKey`.
fn bits(key: &[u8]) -> Option<usize> {
    let (numbers, _) = take(key, SEQUENCE)?;
    let (modulus, rest) = take(numbers, INTEGER)?;
    take(rest, INTEGER)?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let unused = usize::try_from(modulus[first].leading_zeros()).ok()?;
    Some((modulus.len() - first) * 8 - unused)
}

/// The content of the element with this tag that `der` begins with, and what follows it (X.690 §8.1).
fn take(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der.strip_prefix(&[tag])? {
        [length @ 0..=0x7f, rest @ ..] | [0x81, length, rest @ ..] => (usize::from(*length), rest),
        [0x82, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        // No certificate is longer than 65,535 bytes.
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 9.3 of the oauth.net wiki's test cases: certificate, base string and signature.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBpjCCAQ+gAwIBAgIBATANBgkqhkiG9w0BAQUFADAZMRcwFQYDVQQDDA5UZXN0
IFByaW5jaXBhbDAeFw03MDAxMDEwODAwMDBaFw0zODEyMzEwODAwMDBaMBkxFzAV
BgNVBAMMDlRlc3QgUHJpbmNpcGFsMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKB
gQC0YjCwIfYoprq/FQO6lb3asXrxLlJFuCvtinTF5p0GxvQGu5O3gYytUvtC2JlY
zypSRjVxwxrsuRcP3e641SdASwfrmzyvIgP08N4S0IFzEURkV1wp/IpH7kH41Etb
mUmrXSwfNZsnQRE5SYSOhh+LcK2wyQkdgcMv11l4KoBkcwIDAQABMA0GCSqGSIb3
DQEBBQUAA4GBAGZLPEuJ5SiJ2ryq+CmEGOXfvlTtEL2nuGtr9PewxkgnOjZpUy+d
4TvuXJbNQc8f4AMWL/tO9w0Fk80rWKp9ea8/df4qMq5qlFWlx6yOLQxumNOmECKb
WpkUQDIDJEoFUzKMVuJf4KO/FJ345+BNLGgbJ6WujreoM1X/gYfdnJ/J
-----END CERTIFICATE-----
";
    const BASE: &str = "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacaction.jpg%26\
                        oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3D13917289812797014437\
                        %26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1196666512%26\
                        oauth_version%3D1.0%26size%3Doriginal";
    const SIGNATURE: &str = "jvTp/wX1TYtByB1m+Pbyo0lnCOLIsyGCH7wke8AUs3BpnwZJtAuEJkvQL2/9n4s5wUmUl\
                             4aCI4BwpraNx4RtEXMe5qg5T1LVTGliMRpKasKsW//e+RinhejgCuzoH26dyF8iY2ZZ/5\
                             D1ilgeijhV/vBka5twt399mXwaYdCwFYE=";
    /// The same key, as OpenSSL writes it.
    const INFO: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC0YjCwIfYoprq/FQO6lb3asXrx
LlJFuCvtinTF5p0GxvQGu5O3gYytUvtC2JlYzypSRjVxwxrsuRcP3e641SdASwfr
mzyvIgP08N4S0IFzEURkV1wp/IpH7kH41EtbmUmrXSwfNZsnQRE5SYSOhh+LcK2w
yQkdgcMv11l4KoBkcwIDAQAB
-----END PUBLIC KEY-----
";
    const PKCS1: &str = "-----BEGIN RSA PUBLIC KEY-----
MIGJAoGBALRiMLAh9iimur8VA7qVvdqxevEuUkW4K+2KdMXmnQbG9Aa7k7eBjK1S
+0LYmVjPKlJGNXHDGuy5Fw/d7rjVJ0BLB+ubPK8iA/Tw3hLQgXMRRGRXXCn8ikfu
QfjUS1uZSatdLB81mydBETlJhI6GH4twrbDJCR2Bwy/XWXgqgGRzAgMBAAE=
-----END RSA PUBLIC KEY-----
";

    #[test]
    fn the_signature_of_the_test_cases_verifies_under_every_form_of_the_key() {
        let signature = STANDARD.decode(SIGNATURE).unwrap();
        for pem in [CERTIFICATE, INFO, PKCS1, &CERTIFICATE.replace('\n', "\r\n")] {
            let key = RsaKey::from_pem(format!("Some text\n{pem}more").as_bytes()).unwrap();
            assert!(key.verifies(BASE.as_bytes(), &signature));
            assert!(!key.verifies(&BASE.as_bytes()[1..], &signature));
            assert!(!key.verifies(BASE.as_bytes(), &signature[1..]));
            assert!(!key.verifies(BASE.as_bytes(), b""));
        }
    }

    #[test]
    fn files_that_are_no_keys_are_told_apart() {
        let block = |label: &str, content: &str| {
            format!("-----BEGIN {label}-----\n{content}\n-----END {label}-----")
        };
        // 256 bits: a sequence of a modulus of 32 bytes and the exponent 3.
        let short = [&[0x30, 37, 2, 32][..], &[0x7f; 32], &[2, 1, 3]].concat();
        let short = STANDARD.encode(short);
        let cases = [
            (String::new(), RsaKeyError::NoPem),
            (INFO.replace("END", "AND"), RsaKeyError::NoPem),
            (INFO.replace("END PUBLIC", "END OTHER"), RsaKeyError::NoPem),
            (block("PRIVATE KEY", ""), RsaKeyError::OtherBlock),
            (block("PUBLIC KEY", "#"), RsaKeyError::Base64),
            (block("PUBLIC KEY", ""), RsaKeyError::Der),
            (block("CERTIFICATE", "MIIB"), RsaKeyError::Der),
            (INFO.replace("MIGfMA0G", "MIGfMA0H"), RsaKeyError::Der),
            (CERTIFICATE.replace("CERTIFICATE", "PUBLIC KEY"), RsaKeyError::Der),
            (block("RSA PUBLIC KEY", &short), RsaKeyError::Bits(255)),
        ];
        for (pem, error) in cases {
            assert_eq!(RsaKey::from_pem(pem.as_bytes()), Err(error), "{pem}");
        }
    }

    #[test]
    fn no_cut_or_bent_key_panics() {
        for pem in [CERTIFICATE, INFO] {
            for length in 0..pem.len() {
                let _ = RsaKey::from_pem(&pem.as_bytes()[..length]);
                let mut bent = pem.as_bytes().to_vec();
                bent[length] ^= 1;
                if let Ok(key) = RsaKey::from_pem(&bent) {
                    assert!(!key.verifies(b"", b"signature"));
                }
            }
        }
    }
}
