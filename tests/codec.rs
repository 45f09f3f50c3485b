//! Hostile bytes for every decoder of the protocol: the fuzz targets, on the stable toolchain.
//!
//! Arbitrary bytes, mutations of the seeds, and inputs of half a megabyte that a quadratic reader would not
//! finish. What is asserted stands in `fuzz/src/wire.rs`.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

use std::path::Path;

use proptest::prelude::*;

#[expect(unreachable_pub, reason = "it is part of a crate in `fuzz`")]
#[path = "../fuzz/src/wire.rs"]
mod targets;

type Target = fn(&[u8]) -> bool;

const TARGETS: [(&str, Target); 6] = [
    ("token", targets::token),
    ("oauth1_request", targets::oauth1_request),
    ("oauth1_answer", targets::oauth1_answer),
    ("oauth2_request", targets::oauth2_request),
    ("oauth2_answer", targets::oauth2_answer),
    ("rsa_pem", targets::rsa_pem),
];

/// Every seed, with the target it is for, in a fixed order.
fn seeds() -> Vec<(Target, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut seeds = Vec::new();
    for (name, target) in TARGETS {
        let mut files: Vec<_> =
            std::fs::read_dir(root.join(name)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has seeds");
        seeds.extend(files.into_iter().map(|file| (target, std::fs::read(file).unwrap())));
    }
    seeds
}

/// One change of a text, at a place taken modulo its length.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        match self {
            Self::Flip(place, bits) if length > 0 => bytes[place % length] ^= bits,
            Self::Flip(..) => {}
            Self::Cut(place) => bytes.truncate(place % (length + 1)),
            Self::Insert(place, inserted) => {
                let place = place % (length + 1);
                bytes.splice(place..place, inserted.iter().copied());
            }
            Self::Repeat(place, count) => {
                let start = place % (length + 1);
                let repeated = bytes[start..length.min(start + count)].to_vec();
                bytes.splice(start..start, repeated);
            }
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    // What means something to one of the readers.
    let marks = "& = % + %00 %FF \" \\ , \n { [ null ----- oauth_token=a& client_id=b& \0 ☃";
    let marks = prop::sample::select(marks.split(' ').collect::<Vec<_>>());
    prop_oneof![
        (any::<usize>(), 1..=255_u8).prop_map(|(place, bits)| Mutation::Flip(place, bits)),
        any::<usize>().prop_map(Mutation::Cut),
        (any::<usize>(), marks).prop_map(|(place, mark)| Mutation::Insert(place, mark.into())),
        (any::<usize>(), 1..64_usize).prop_map(|(place, count)| Mutation::Repeat(place, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_break_a_decoder(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        for (_, target) in TARGETS {
            target(&bytes);
        }
    }

    #[test]
    fn no_text_breaks_a_decoder(text in "[ -~\n☃]{0,200}") {
        for (_, target) in TARGETS {
            target(text.as_bytes());
        }
    }

    #[test]
    fn no_mutation_of_a_seed_breaks_its_decoder(
        mutations in prop::collection::vec(mutation(), 0..6),
    ) {
        for (target, mut bytes) in seeds() {
            for mutation in &mutations {
                mutation.apply(&mut bytes);
            }
            target(&bytes);
        }
    }
}

#[test]
fn large_inputs_are_read_in_linear_time() {
    let units = "& a& a=b& % %41 + = \" a=\"b\", , \\ \n { [ {\"a\": A ----- -----BEGIN|";
    let starts = [
        "",
        "/?",
        "/\nOAuth ",
        "/\nOAuth a=\"",
        "/\nBasic ",
        "/\n\napplication/x-www-form-urlencoded\n",
        "{\"access_token\":\"",
        "-----BEGIN PUBLIC KEY-----\n",
    ];
    for unit in units.split(' ') {
        let long = unit.replace('|', " ").repeat((1 << 19) / unit.len());
        for bytes in starts.map(|start| format!("{start}{long}")) {
            for (_, target) in TARGETS {
                target(bytes.as_bytes());
            }
        }
    }
}
