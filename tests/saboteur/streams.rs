//! Standard output and standard error: closed, full, or with nobody at the other end.

use crate::case::{Cases, Fault};
use crate::fixture::VERBS;

#[test]
fn whatever_becomes_of_the_streams_the_verdict_and_the_files_stand() {
    let mut cases = Cases::of("streams");
    let mut ways = vec![
        "CMD >&-; echo $? >CODE",
        "CMD 2>&-; echo $? >CODE",
        "CMD >&- 2>&-; echo $? >CODE",
        "{ CMD; echo $? >CODE; } | true",
        "{ CMD 2>&1 >/dev/null; echo $? >CODE; } | true",
        "{ CMD 2>&1; echo $? >CODE; } | true",
        "{ CMD; echo $? >CODE; } | head -c 10 >/dev/null",
    ];
    if std::path::Path::new("/dev/full").exists() {
        ways.extend([
            "CMD >/dev/full; echo $? >CODE",
            "CMD 2>/dev/full; echo $? >CODE",
            "CMD >/dev/full 2>&1; echo $? >CODE",
        ]);
    }
    for verb in &VERBS {
        for way in &ways {
            cases.play(verb, Fault::Unheard, way);
        }
    }
    cases.close(35);
}
