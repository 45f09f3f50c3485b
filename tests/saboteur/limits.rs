//! Few descriptors, short files, little memory.

use std::path::Path;

use crate::case::{Cases, Fault, Random};
use crate::fixture::{VERBS, shell};

#[test]
fn with_few_descriptors_all_or_nothing_is_written() {
    let mut cases = Cases::of("descriptors");
    let mut random = Random::new("descriptors");
    for verb in &VERBS {
        for _ in 0..5 {
            let most = 4 + random.below(12);
            let script = format!("(ulimit -n {most}; exec CMD); echo $? >CODE");
            cases.play(verb, Fault::Refused, &script);
        }
    }
    cases.close(25);
}

/// Behind the limit writes are short, and then refused; or, if the signal is not ignored, it kills.
#[test]
fn with_short_files_all_or_nothing_is_written() {
    let mut cases = Cases::of("file sizes");
    let mut random = Random::new("file sizes");
    for verb in &VERBS {
        for _ in 0..3 {
            // In blocks of 512 bytes; the largest file has about 100 KB.
            let most = random.below(120);
            let script = format!("(trap '' XFSZ; ulimit -f {most}; exec CMD); echo $? >CODE");
            cases.play(verb, Fault::Refused, &script);
            let script = format!("(ulimit -c 0; ulimit -f {most}; exec CMD); echo $? >CODE");
            cases.play(verb, Fault::Killed, &script);
        }
    }
    cases.close(30);
}

#[test]
fn with_little_memory_all_or_nothing_is_written() {
    let mut cases = Cases::of("memory");
    let mut random = Random::new("memory");
    for verb in &VERBS {
        for _ in 0..4 {
            let most = startable((4 << 10) + random.below(200 << 10));
            let script = format!("(ulimit -c 0; ulimit -v {most}; exec CMD); echo $? >CODE");
            cases.play(verb, Fault::Refused, &script);
        }
    }
    cases.close(20);
}

/// So many KiB of memory, or as many more as the program takes to start at all.
fn startable(mut most: usize) -> usize {
    let program = env!("CARGO_BIN_EXE_amnesty");
    let starts = |most| {
        let line =
            format!("ulimit -c 0; ulimit -v {most}; exec '{program}' --version >/dev/null 2>&1");
        shell(Path::new("."), &line).status().unwrap().success()
    };
    while !starts(most) {
        most += 8 << 10;
    }
    most
}
