//! Files made to do harm, and the promise that no file makes the reader panic.

use std::path::Path;

use amnesty::scenario::{self, Overrides};
use proptest::prelude::*;

use crate::small::{VALID, digest_again, read, read_with, set, small};

/// As much of a piece as fits into a file that is just small enough to be read.
fn fill(piece: &str) -> String {
    piece.repeat((200 << 10) / piece.len())
}

/// Many of something, each with its number in place of `#`.
fn many(number: usize, piece: &str) -> String {
    let pieces: Vec<String> = (0..number).map(|n| piece.replace('#', &n.to_string())).collect();
    pieces.concat()
}

/// Files that are mostly one character or two, and the limit that each meets.
#[rustfmt::skip]
const FILLED: &[(&str, &str)] = &[
    ("[", "recursion limit"),
    ("{", "recursion limit"),
    ("{a: ", "recursion limit"),
    ("- ", "nested more than 64 levels deep"),
    (": ", "nested more than 64 levels deep"),
    ("? ", "cannot be a key"),
    ("&a ", "invalid YAML"),
    ("*a ", "invalid YAML"),
    ("!", "invalid YAML"),
    ("\"", "invalid YAML"),
    ("'", "expected a scenario as a map"),
    ("a", "expected a scenario as a map"),
    ("a ", "expected a scenario as a map"),
    ("a\n", "expected a scenario as a map"),
    ("- a\n", "expected a scenario as a map"),
    (" ", "the file is empty"),
    ("\n", "the file is empty"),
    ("#\n", "the file is empty"),
    ("---\n", "a second YAML document"),
];

const NODES: &str = "more than 100000 keys and values";

#[test]
fn hostile_files_meet_a_limit() {
    for (piece, expected) in FILLED {
        meets(&fill(piece), expected);
    }
    meets(&format!("[{}]", fill("a,")), NODES);
    meets(&format!("[{}]", fill("a: b, ")), NODES);
    let bomb: Vec<String> = (0..9)
        .map(|level: usize| {
            let below =
                format!("*a{}", level.wrapping_sub(1)).replace("*a18446744073709551615", "x");
            format!("a{level}: &a{level} [{}]\n", vec![below; 9].join(", "))
        })
        .collect();
    meets(&bomb.concat(), NODES);
    let copies = vec!["*a"; 20_000].join(", ");
    let copies = format!("a: &a {}\nb: [{copies}]\n", "x".repeat(100 << 10));
    meets(&copies, "aliases copy more than 8 MiB of text");
    meets(&many(20_000, "k#: 1\n"), "unknown key");
    meets(&small("partners: 3", "partners: 1e999"), "expected a whole number");
    meets(&small("without: {}", &many(100, "a#: {}\n  ")), "more than 64 arms");
    let cohort = "  - { name: a#, partners: 1, orgs_per_partner: 1, client: pyxero }\n";
    let crowd = format!("swarm:\n{}", many(70, cohort));
    meets(&small("swarm:\n", &crowd), "more than 64 cohorts");
    let path = format!("without: {{ {}: 1 }}", vec!["server"; 100].join("."));
    meets(&small("without: {}", &path), "the path is too long");
}

/// Whether reading `text` ends with this message, and a screenful at most of others.
fn meets(text: &str, expected: &str) {
    let rendered = read(text).unwrap_err().render(false);
    let start: String = rendered.chars().take(500).collect();
    assert!(rendered.contains(expected), "{expected}: {start}");
    assert!(rendered.len() < 200_000, "{} bytes: {start}", rendered.len());
}

/// Pieces that make a scenario wrong in interesting ways.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
        Just("-1".to_owned()),
        Just("1e999".to_owned()),
        Just("99999999999999999999d".to_owned()),
        Just("100%".to_owned()),
        Just("0s".to_owned()),
        Just("incident.end - 99d".to_owned()),
        Just("{ lognormal: { p50: 1us, p99: 900y } }".to_owned()),
        Just("{ gamma: { mean: 5m, sd: 1us } }".to_owned()),
        Just("&a ".to_owned()),
        Just("*a".to_owned()),
        Just("\n  ".to_owned()),
        Just(": ".to_owned()),
        "[ -~]{0,6}",
        "\\PC{0,4}",
    ]
}

/// Replaces words of a text, each given by its place in a thousand.
fn mutate(text: &str, edits: &[(usize, String)]) -> String {
    let mut words: Vec<String> =
        text.split_inclusive([' ', '\n', ':']).map(str::to_owned).collect();
    for (place, piece) in edits {
        let at = place * words.len() / 1000;
        let end = words[at].pop().filter(|c| c.is_whitespace()).unwrap_or(' ');
        words[at] = format!("{piece}{end}");
    }
    words.concat()
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = scenario::from_bytes("x.yaml", &bytes, Path::new("tests"), &Overrides::default());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[-a-c0-9:{}\\[\\],&*!|>'\"%#?. \n]{0,200}") {
        let _ = read(&text).map_err(|errors| errors.render(true));
    }

    #[test]
    fn a_changed_scenario_is_either_refused_or_runs_again(
        edits in proptest::collection::vec((0..1000_usize, piece()), 1..4),
    ) {
        let text = mutate(VALID, &edits);
        match read(&text) {
            Ok(plan) => prop_assert_eq!(digest_again(&plan), plan.digest),
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                prop_assert!(!errors.render(false).is_empty());
            }
        }
    }

    #[test]
    fn no_argument_makes_the_reader_panic(path in "[a-z_.-]{0,30}", value in piece()) {
        let _ = read_with(VALID, &set(&format!("{path}={value}")));
    }

    #[test]
    fn no_expectation_makes_the_reader_panic(line in "[-a-z_(),<=>%±+.0-9 ]{0,60}") {
        let line = line.replace('\'', "");
        let _ = read(&small("needed_person(with) <= 5%", &format!("'{line}'")));
    }
}
