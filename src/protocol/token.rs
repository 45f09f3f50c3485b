//! Tokens that carry their own meaning, so that a server needs no table to know them.
//!
//! ```text
//!   org, generation ── 64 bits ─┐                       ┌─ 13 letters ─┐
//!   kind, family ───── 18 bits ─┼─ hash ─► check ──────►│ ─ 4 letters ─│ 30 letters of 5 bits
//!   key ────────────────────────┘   68 bits └─ hides ──►└─ 13 letters ─┘
//! ```
//!
//! The check is a keyed hash of the meaning, and the meaning is hidden under numbers drawn from the
//! check: neighbouring generations share no visible structure, and a text that is not ours, or not of
//! this key, reads back with probability 2^-68. A change of one letter of the meaning is always
//! noticed, because the hash is a bijection of each half of it.
//!
//! This is a mock server's token and no cryptography: whoever has the program can learn the key
//! from its tokens. The mixer is the 64-bit finaliser of `MurmurHash3`, and not the one of
//! [`crate::base::draw`], so that a key equal to a seed gives nothing away about the draws.

use crate::protocol::{Ascii, Generation};

/// Letters of a token: those of Xero in 2018 were 30 characters A–Z and 0–9.
pub const TOKEN_LETTERS: usize = 30;

/// Letters of a session handle.
pub const HANDLE_LETTERS: usize = 20;

/// Letters of a `xero_org_muid`.
pub const MUID_LETTERS: usize = 22;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenKind {
    /// The access token: `oauth_token` of OAuth 1.0a, `access_token` of OAuth 2.0.
    Access,
    /// The refresh token of OAuth 2.0 (RFC 6749 §1.5).
    Refresh,
    /// The request token of OAuth 1.0a (temporary credentials, RFC 5849 §2.1).
    Request,
    /// The authorization code of OAuth 2.0, or the verifier of OAuth 1.0a.
    Code,
}

impl TokenKind {
    const ALL: [Self; 4] = [Self::Access, Self::Refresh, Self::Request, Self::Code];
}

/// The meaning of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Named {
    /// What it is good for.
    pub kind: TokenKind,
    /// Whose it is.
    pub org: u32,
    /// How often the org was authorised again: each time starts a new token family.
    pub family: u16,
    /// Which token of its family it is.
    pub generation: Generation,
}

/// Writes and reads tokens under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenCodec {
    key: u64,
}

/// What a number is drawn for; each gives a different function of the same meaning.
#[derive(Clone, Copy)]
enum Domain {
    Check = 1,
    ExtraCheck,
    Org,
    Family,
    Secret,
    Handle,
    HandleCover,
    Muid,
}

impl TokenCodec {
    /// The codec of a key; tokens of another key are not read.
    pub const fn new(key: u64) -> Self {
        Self { key }
    }

    /// The token of this meaning: 30 characters A–Z and 2–7.
    pub fn token(&self, named: Named) -> String {
        self.token_ascii(named).into()
    }

    /// [`Self::token`] without the heap.
    pub fn token_ascii(&self, named: Named) -> Ascii<TOKEN_LETTERS> {
        let (place, family) = halves(named);
        let (check, extra) = self.check(place, family);
        let hidden_place = place ^ self.draw(Domain::Org, check);
        let hidden_family = family ^ (self.draw(Domain::Family, check) & FAMILY_MASK);
        // 64 + 1, 18 + 2 and 64 + 1 bits: the loose ones are the last four of the check.
        let mut letters = [0; TOKEN_LETTERS];
        write_letters(&mut letters[..13], widen(extra & 1) << 64 | widen(hidden_place));
        write_letters(&mut letters[13..17], widen((extra >> 1 & 3) << 18 | hidden_family));
        write_letters(&mut letters[17..], widen(extra >> 3 & 1) << 64 | widen(check));
        Ascii::new(letters)
    }

    /// The meaning of a token; `None` if it is not of this key.
    pub fn read(&self, token: &str) -> Option<Named> {
        let letters: &[u8; TOKEN_LETTERS] = token.as_bytes().try_into().ok()?;
        let place = read_letters(&letters[..13])?;
        let family = low(read_letters(&letters[13..17])?);
        let check = read_letters(&letters[17..])?;
        let extra = low(place >> 64) | family >> 18 << 1 | low(check >> 64) << 3;
        let check = low(check);
        let place = low(place) ^ self.draw(Domain::Org, check);
        let family = (family ^ self.draw(Domain::Family, check)) & FAMILY_MASK;
        ((check, extra) == self.check(place, family)).then(|| named(place, family))
    }

    /// The token secret of OAuth 1.0a that belongs to a token: 30 characters A–Z and 2–7.
    pub fn secret(&self, named: Named) -> String {
        self.secret_ascii(named).into()
    }

    /// [`Self::secret`] without the heap.
    pub fn secret_ascii(&self, named: Named) -> Ascii<TOKEN_LETTERS> {
        let (place, family) = halves(named);
        let first = self.draw(Domain::Secret, mix(place ^ self.key).wrapping_add(family));
        let (second, third) = (mix(first ^ SECOND), mix(first ^ THIRD));
        let mut letters = [0; TOKEN_LETTERS];
        write_letters(&mut letters[..12], widen(first));
        write_letters(&mut letters[12..24], widen(second));
        write_letters(&mut letters[24..], widen(third));
        Ascii::new(letters)
    }

    /// The session handle of an org's family (OAuth Session 1.0 Draft 1): 20 characters A–Z and
    /// 2–7.
    pub fn handle(&self, org: u32, family: u16) -> String {
        self.handle_ascii(org, family).into()
    }

    /// [`Self::handle`] without the heap.
    pub fn handle_ascii(&self, org: u32, family: u16) -> Ascii<HANDLE_LETTERS> {
        let meaning = u64::from(family) << 32 | u64::from(org);
        let check = self.draw(Domain::Handle, meaning) >> (64 - HANDLE_CHECK_BITS);
        let cover = self.draw(Domain::HandleCover, check & LETTERS_10_MASK) & MEANING_MASK;
        // 48 + 2 and 50 bits: the loose ones are the last two of the check.
        let mut letters = [0; HANDLE_LETTERS];
        write_letters(&mut letters[..10], widen(check >> 50 << 48 | (meaning ^ cover)));
        write_letters(&mut letters[10..], widen(check & LETTERS_10_MASK));
        Ascii::new(letters)
    }

    /// The org and family of a session handle; `None` if it is not of this key.
    pub fn read_handle(&self, handle: &str) -> Option<(u32, u16)> {
        let letters: &[u8; HANDLE_LETTERS] = handle.as_bytes().try_into().ok()?;
        let hidden = low(read_letters(&letters[..10])?);
        let check = low(read_letters(&letters[10..])?);
        let meaning = (hidden ^ self.draw(Domain::HandleCover, check)) & MEANING_MASK;
        let expected = self.draw(Domain::Handle, meaning) >> (64 - HANDLE_CHECK_BITS);
        if expected != (hidden >> 48 << 50 | check) {
            return None;
        }
        Some((u32::try_from(meaning & 0xffff_ffff).ok()?, u16::try_from(meaning >> 32).ok()?))
    }

    /// The `xero_org_muid` of an org: 22 characters A–Z, a–z and 0–9. It is not read back.
    pub fn muid(&self, org: u32) -> String {
        self.muid_ascii(org).into()
    }

    /// [`Self::muid`] without the heap.
    pub fn muid_ascii(&self, org: u32) -> Ascii<MUID_LETTERS> {
        let mut word = self.draw(Domain::Muid, u64::from(org));
        let mut letters = [0; MUID_LETTERS];
        for eight in letters.chunks_mut(8) {
            for (letter, byte) in eight.iter_mut().zip(word.to_le_bytes()) {
                *letter = LETTERS_62[(usize::from(byte) * LETTERS_62.len()) >> 8];
            }
            word = mix(word ^ SECOND);
        }
        Ascii::new(letters)
    }

    /// The check of a meaning: 64 bits, and four more.
    fn check(self, place: u64, family: u64) -> (u64, u64) {
        let both = mix(place ^ self.draw(Domain::Check, 0)).wrapping_add(family);
        (mix(both), self.draw(Domain::ExtraCheck, both) >> 60)
    }

    /// 64 bits that look random, a bijection of `of`.
    const fn draw(self, domain: Domain, of: u64) -> u64 {
        mix(of ^ mix(self.key.wrapping_add((domain as u64).wrapping_mul(GAMMA))))
    }
}

/// 2^64 ÷ golden ratio, odd (Knuth, TAOCP 3, §6.4).
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
/// Any two numbers that differ, to tell further words of one stream apart.
const SECOND: u64 = 0xc2b2_ae3d_27d4_eb4f;
const THIRD: u64 = 0x1656_67b1_9e37_79f9;

const FAMILY_MASK: u64 = (1 << 18) - 1;
const MEANING_MASK: u64 = (1 << 48) - 1;
const LETTERS_10_MASK: u64 = (1 << 50) - 1;
const HANDLE_CHECK_BITS: u32 = 52;

/// 32 of the 36 letters and digits, so that each is five bits (the alphabet of RFC 4648 §6).
const LETTERS_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LETTERS_62: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// No letter of [`LETTERS_32`].
const NO_LETTER: u8 = 0xff;

/// The five bits of each letter.
const BITS: [u8; 256] = {
    let mut bits = [NO_LETTER; 256];
    let mut value: u8 = 0;
    while value < 32 {
        bits[LETTERS_32[value as usize] as usize] = value;
        value += 1;
    }
    bits
};

/// Org and generation in 64 bits, kind and family in 18.
fn halves(named: Named) -> (u64, u64) {
    let place = u64::from(named.org) << 32 | u64::from(named.generation.0);
    (place, u64::from(named.family) << 2 | named.kind as u64)
}

fn named(place: u64, family: u64) -> Named {
    let kind = TokenKind::ALL[usize::from(family.to_le_bytes()[0] & 3)];
    let [g0, g1, g2, g3, o0, o1, o2, o3] = place.to_le_bytes();
    let [f0, f1, ..] = (family >> 2).to_le_bytes();
    Named {
        kind,
        org: u32::from_le_bytes([o0, o1, o2, o3]),
        family: u16::from_le_bytes([f0, f1]),
        generation: Generation(u32::from_le_bytes([g0, g1, g2, g3])),
    }
}

const fn widen(bits: u64) -> u128 {
    bits as u128
}

/// The low 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the truncation is the purpose")]
const fn low(bits: u128) -> u64 {
    bits as u64
}

/// Five bits a letter, the lowest first.
fn write_letters(letters: &mut [u8], mut bits: u128) {
    for letter in letters {
        *letter = LETTERS_32[usize::from(bits.to_le_bytes()[0] & 31)];
        bits >>= 5;
    }
}

/// The bits of up to 25 letters, the lowest first; `None` if one is none of ours.
fn read_letters(letters: &[u8]) -> Option<u128> {
    let (mut bits, mut wrong) = (0, 0);
    for letter in letters.iter().rev() {
        let five = BITS[usize::from(*letter)];
        wrong |= five;
        bits = bits << 5 | u128::from(five & 31);
    }
    (wrong < 32).then_some(bits)
}

/// The 64-bit finaliser of `MurmurHash3` (Appleby): a bijection.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    z = (z ^ (z >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    z ^ (z >> 33)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CODEC: TokenCodec = TokenCodec::new(20_180_312);

    fn any_named() -> impl Strategy<Value = Named> {
        (0..4_usize, any::<u32>(), any::<u16>(), any::<u32>()).prop_map(
            |(kind, org, family, generation)| Named {
                kind: TokenKind::ALL[kind],
                org,
                family,
                generation: Generation(generation),
            },
        )
    }

    /// `text` with the letter at `place` replaced by another byte of ASCII.
    fn changed(text: &str, place: usize, by: u8) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let place = place % bytes.len();
        let other = (bytes[place] + 1 + by % 127) % 128;
        bytes[place] = other;
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn a_token_reads_back(named in any_named(), key: u64) {
            let codec = TokenCodec::new(key);
            let token = codec.token(named);
            prop_assert_eq!(token.len(), TOKEN_LETTERS);
            let shape = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
            prop_assert!(token.chars().all(shape));
            prop_assert!(codec.secret(named).chars().all(shape));
            prop_assert_eq!(codec.read(&token), Some(named));
        }

        #[test]
        fn a_handle_reads_back(org: u32, family: u16, key: u64) {
            let codec = TokenCodec::new(key);
            let handle = codec.handle(org, family);
            prop_assert!(handle.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()));
            prop_assert_eq!(codec.read_handle(&handle), Some((org, family)));
            prop_assert_eq!(codec.read(&handle), None);
        }

        #[test]
        fn one_changed_letter_never_reads_back(named in any_named(), place: usize, by: u8) {
            let token = CODEC.token(named);
            prop_assert_eq!(CODEC.read(&changed(&token, place, by)), None);
            let handle = CODEC.handle(named.org, named.family);
            prop_assert_eq!(CODEC.read_handle(&changed(&handle, place, by)), None);
        }

        #[test]
        fn another_key_never_reads_it(named in any_named(), key: u64) {
            prop_assume!(TokenCodec::new(key) != CODEC);
            let other = TokenCodec::new(key);
            prop_assert_eq!(other.read(&CODEC.token(named)), None);
            prop_assert_eq!(other.read_handle(&CODEC.handle(named.org, named.family)), None);
        }

        #[test]
        fn any_text_is_read_or_not(text in ".{0,64}") {
            prop_assert_eq!(CODEC.read(&text), None);
            prop_assert_eq!(CODEC.read_handle(&text), None);
        }
    }

    /// Tokens are written to files of results and fixtures: they must not change silently.
    #[test]
    fn texts_are_pinned() {
        let named =
            Named { kind: TokenKind::Access, org: 41, family: 1, generation: Generation(7) };
        let texts = [
            CODEC.token(named),
            CODEC.token(Named { generation: Generation(8), ..named }),
            CODEC.token(Named { kind: TokenKind::Refresh, ..named }),
            CODEC.secret(named),
            CODEC.handle(41, 1),
            CODEC.muid(41),
        ];
        let pinned = [
            "ATJXCSRJ2W7GWPG3SDDYPEUUSS4CDX",
            "SO3LPQ7K23W3BCCYPUJHR2Y6SVHQU3",
            "VJIOXYQJHRNSHJWVHQG4XGLURZRLUB",
            "GA3MDCYRMQ54VGKMFIIWWBIKMRK5AV",
            "EMYVPNCO6Z65NOPJBFHK",
            "VLyirZqCPCEjJlX0DELQ2S",
        ];
        assert_eq!(texts, pinned);
    }

    #[test]
    fn neighbouring_tokens_look_unrelated() {
        let token = |generation| {
            let generation = Generation(generation);
            CODEC.token(Named { kind: TokenKind::Access, org: 0, family: 0, generation })
        };
        let same: usize = (0..1_000)
            .map(|n| token(n).bytes().zip(token(n + 1).bytes()).filter(|(a, b)| a == b).count())
            .sum();
        // 30,000 letters, each the same with probability 1/32: mean 938, deviation 30. Risk 1e-6.
        assert!((785..1_090).contains(&same), "{same}");
    }

    #[test]
    fn secrets_and_muids_differ() {
        let of = |org| Named { kind: TokenKind::Access, org, family: 0, generation: Generation(0) };
        let mut texts: Vec<_> = (0..10_000)
            .flat_map(|org| [CODEC.secret(of(org)), CODEC.muid(org), CODEC.handle(org, 0)])
            .collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 30_000);
    }
}
