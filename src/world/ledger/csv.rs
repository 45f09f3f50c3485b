//! The ledger as CSV: one line an attempt, its times in seconds since the clock's start.

use std::fmt::Write as _;

use crate::base::SimTime;
use crate::fault::SeenAs;
use crate::protocol::Conclusion;
use crate::world::{Delivery, Entry};

/// The heading line.
pub const HEADING: &str = "arm,replication,org,refresh,attempt,presented,intended_s,sent_s,\
                           committed_s,committed,delivery,concluded_s,conclusion\n";

/// One line of the ledger. Two decisions about one request, delivered twice, are parted by `;`.
pub fn line(arm: &str, replication: u32, entry: &Entry) -> String {
    let mut line = format!(
        "{arm},{replication},{},{},{},{},{},{},",
        entry.org,
        entry.attempt.refresh,
        entry.attempt.attempt,
        entry.presented,
        seconds(entry.intended_at),
        seconds(entry.sent_at),
    );
    let join = |line: &mut String, mut parts: Vec<String>| {
        let last = parts.pop();
        for part in &parts {
            line.push_str(part);
            line.push(';');
        }
        line.push_str(&last.unwrap_or_default());
        line.push(',');
    };
    join(&mut line, entry.commits.iter().map(|commit| seconds(commit.at)).collect());
    let issued = entry.commits.iter().map(|commit| match commit.issued {
        Some(generation) => generation.to_string(),
        None => "refused".to_owned(),
    });
    join(&mut line, issued.collect());
    line.push_str(&delivery(entry.delivery));
    match entry.concluded {
        // Writing to a String cannot fail.
        Some((at, how)) => drop(writeln!(line, ",{},{}", seconds(at), conclusion(how))),
        None => line.push_str(",,unfinished\n"),
    }
    line
}

fn seconds(at: SimTime) -> String {
    let micros = at.as_micros();
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// What became of a request or its answer, in a word.
pub fn delivery(delivery: Delivery) -> String {
    match delivery {
        Delivery::Pending => "pending".to_owned(),
        Delivery::Answered => "answered".to_owned(),
        Delivery::RequestLost => "request_lost".to_owned(),
        Delivery::Throttled => "throttled".to_owned(),
        Delivery::Failed(status) => format!("failed_{status}"),
        Delivery::Lost(SeenAs::Silence) => "lost_silence".to_owned(),
        Delivery::Lost(SeenAs::Reset) => "lost_reset".to_owned(),
        Delivery::Lost(SeenAs::Truncated) => "lost_truncated".to_owned(),
        Delivery::Lost(SeenAs::Closed) => "lost_closed".to_owned(),
        Delivery::Lost(SeenAs::CutHeaders) => "lost_cut_headers".to_owned(),
        Delivery::Lost(SeenAs::Status(status)) => format!("lost_{status}"),
    }
}

/// How an attempt ended for its client, in a word.
pub fn conclusion(conclusion: Conclusion) -> String {
    match conclusion {
        Conclusion::Stored(generation) => format!("stored_{generation}"),
        Conclusion::Crashed => "crashed".to_owned(),
        Conclusion::Refused => "refused".to_owned(),
        Conclusion::TimedOut => "timed_out".to_owned(),
        Conclusion::Reset => "reset".to_owned(),
        Conclusion::Truncated => "truncated".to_owned(),
        Conclusion::ServerError => "server_error".to_owned(),
        Conclusion::Throttled => "throttled".to_owned(),
        Conclusion::BrokenOff => "broken_off".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;
    use crate::client::AttemptId;
    use crate::protocol::Generation;
    use crate::world::Commit;

    #[test]
    fn a_line_tells_a_loss() {
        let at = SimTime::from_micros;
        let commit = |micros, issued| Commit { at: at(micros), issued };
        let mut entry = Entry {
            org: 41,
            attempt: AttemptId { refresh: 3, attempt: 1 },
            presented: Generation(2),
            intended_at: at(5_000_000),
            sent_at: at(5_000_250),
            commits: smallvec![commit(5_100_000, Some(Generation(3)))],
            delivery: Delivery::Lost(SeenAs::Silence),
            concluded: Some((at(15_000_000), Conclusion::TimedOut)),
        };
        assert_eq!(
            line("strict", 0, &entry),
            "strict,0,41,3,1,T2,5.000000,5.000250,5.100000,T3,lost_silence,15.000000,timed_out\n"
        );
        entry.commits.push(commit(5_200_000, None));
        entry.concluded = None;
        let twice = line("strict", 0, &entry);
        assert!(twice.contains(",5.100000;5.200000,T3;refused,"), "{twice}");
        assert!(twice.ends_with(",lost_silence,,unfinished\n"), "{twice}");
        assert_eq!(HEADING.matches(',').count(), twice.matches(',').count());
    }
}
