//! SIGINT, SIGTERM and SIGHUP at seeded instants; signals that are ignored stay so.

use crate::case::{Cases, Fault, Random};
use crate::fixture::VERBS;

/// The signals that ask a program to end.
pub(crate) const ASKING: [(&str, i32); 3] = [("INT", 2), ("TERM", 15), ("HUP", 1)];

#[test]
fn signals_end_a_command_in_good_order() {
    let mut cases = Cases::of("signals by time");
    let mut random = Random::new("signals by time");
    for verb in &VERBS {
        for (name, number) in ASKING {
            for _ in 0..2 {
                let late = after(name, 1 + random.below(300));
                let script = format!("({late} exec CMD); echo $? >CODE");
                cases.play(verb, Fault::Signal(number), &script);
            }
            // As `nohup` does.
            let late = after(name, 1 + random.below(300));
            let script = format!("(trap '' {name}; {late} exec CMD); echo $? >CODE");
            cases.play(verb, Fault::Unheard, &script);
        }
    }
    cases.close(45);
}

/// A signal to the process of this shell, and to what it becomes, after so many milliseconds.
fn after(name: &str, millis: usize) -> String {
    // `$$` is the outer shell in a subshell.
    format!(
        "me=$(exec sh -c 'echo $PPID'); {{ sleep 0.{millis:03}; kill -{name} $me; }} 2>/dev/null &"
    )
}
