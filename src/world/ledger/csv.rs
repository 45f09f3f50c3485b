//! The ledger as CSV (RFC 4180): one line a row, its times in seconds since the clock's start.
//!
//! Columns of an attempt are empty in the row of another event and the other way round; `event` tells
//! which it is. `intended_s` is when an attempt was made, or not made because a breaker was open;
//! `concluded_s` when an attempt ended, a person authorised the org anew, or the clock stopped.

use std::fmt::Write as _;
use std::io;

use ::csv::{ByteRecord, Writer, WriterBuilder};

use super::{Entry, Event, Row};
use crate::base::SimTime;
use crate::fault::SeenAs;
use crate::measure::{Became, OrgState};
use crate::protocol::Conclusion;
use crate::world::Delivery;

/// The heading line.
pub const HEADING: &str = "arm,replication,org,refresh,attempt,presented,intended_s,sent_s,\
                           committed_s,committed,delivery,concluded_s,conclusion,served_s,event,\
                           status,became,run\n";

/// Spells the rows of one arm and replication.
#[derive(Debug, Clone)]
pub struct Spelling {
    arm: String,
    replication: String,
    run: String,
    fields: ByteRecord,
    field: String,
}

impl Spelling {
    /// For the rows of this arm and replication of a run with this identity.
    pub fn new(arm: &str, replication: u32, run: &str) -> Self {
        Self {
            arm: arm.to_owned(),
            replication: replication.to_string(),
            run: run.to_owned(),
            fields: ByteRecord::new(),
            field: String::new(),
        }
    }

    /// Writes a row as a line.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(&mut self, row: &Row, out: &mut Writer<impl io::Write>) -> io::Result<()> {
        self.fields.clear();
        for text in [self.arm.as_bytes(), self.replication.as_bytes()] {
            self.fields.push_field(text);
        }
        match row {
            Row::Attempt(entry) => self.attempt(entry),
            Row::Event { org, at, event } => self.event(*org, *at, *event),
        }
        self.fields.push_field(self.run.as_bytes());
        out.write_byte_record(&self.fields).map_err(io::Error::from)
    }

    /// A row as a line.
    pub fn line(&mut self, row: &Row) -> String {
        let mut out = writer(Vec::new());
        // Writing to memory cannot fail, and what is written there is text.
        let written = self.write(row, &mut out).ok().and_then(|()| out.into_inner().ok());
        written.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn attempt(&mut self, entry: &Entry) {
        let Entry { org, attempt, presented, intended_at, sent_at, .. } = entry;
        self.push(format_args!("{org}"));
        self.push(format_args!("{}", attempt.refresh));
        self.push(format_args!("{}", attempt.attempt));
        self.push(format_args!("{presented}"));
        self.time(Some(*intended_at));
        self.time((!sent_at.is_never()).then_some(*sent_at));
        self.commits(entry);
        self.push(format_args!("{}", delivery(entry.delivery)));
        self.time(entry.concluded.map(|(at, _)| at));
        match entry.concluded {
            Some((_, how)) => self.push(format_args!("{}", conclusion(how))),
            None => self.fields.push_field(b"unfinished"),
        }
        self.time(entry.served_at);
        self.fields.push_field(b"attempt");
        self.empty(2);
    }

    /// The decisions: two about one request, delivered twice, are parted by `;`.
    fn commits(&mut self, entry: &Entry) {
        self.field.clear();
        for (n, commit) in entry.commits.iter().enumerate() {
            self.field.push_str(if n == 0 { "" } else { ";" });
            spell(&mut self.field, commit.at);
        }
        self.fields.push_field(self.field.as_bytes());
        self.field.clear();
        for (n, commit) in entry.commits.iter().enumerate() {
            self.field.push_str(if n == 0 { "" } else { ";" });
            // Writing to a String cannot fail.
            let _ = match commit.issued {
                Some(generation) => write!(self.field, "{generation}"),
                None => write!(self.field, "refused"),
            };
        }
        self.fields.push_field(self.field.as_bytes());
    }

    fn event(&mut self, org: u64, at: SimTime, event: Event) {
        self.push(format_args!("{org}"));
        self.empty(3);
        let begins = event == Event::ShortCircuited;
        self.time(begins.then_some(at));
        self.empty(4);
        self.time((!begins).then_some(at));
        self.empty(2);
        let (name, status, what) = match event {
            Event::ShortCircuited => ("short_circuited", "", ""),
            Event::Reauthorised => ("reauthorised", "", ""),
            Event::End(end) => ("end", status(end.state), became(end.became)),
        };
        for text in [name, status, what] {
            self.fields.push_field(text.as_bytes());
        }
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.field.clear();
        // Writing to a String cannot fail.
        let _ = self.field.write_fmt(text);
        self.fields.push_field(self.field.as_bytes());
    }

    fn time(&mut self, at: Option<SimTime>) {
        self.field.clear();
        if let Some(at) = at {
            spell(&mut self.field, at);
        }
        self.fields.push_field(self.field.as_bytes());
    }

    fn empty(&mut self, fields: usize) {
        (0..fields).for_each(|_| self.fields.push_field(b""));
    }
}

/// Writes lines to `out` as RFC 4180 has them, with `\n` at their ends.
pub fn writer<W: io::Write>(out: W) -> Writer<W> {
    WriterBuilder::new().has_headers(false).from_writer(out)
}

fn spell(field: &mut String, at: SimTime) {
    let micros = at.as_micros();
    // Writing to a String cannot fail.
    let _ = write!(field, "{}.{:06}", micros / 1_000_000, micros % 1_000_000);
}

/// An org's state, in a word.
const fn status(state: OrgState) -> &'static str {
    match state {
        OrgState::Connected => "connected",
        OrgState::Stale => "stale",
        OrgState::Stopped => "stopped",
        OrgState::Abandoned => "abandoned",
        OrgState::Revoked => "revoked",
    }
}

/// What became of an org, in a word. It needed a person if that is `person`, or `never`.
const fn became(became: Became) -> &'static str {
    match became {
        Became::Unaffected => "unaffected",
        Became::Retry => "retry",
        Became::Grace => "grace",
        Became::Amnesty => "amnesty",
        Became::Person => "person",
        Became::Never => "never",
        Became::Pending => "pending",
    }
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
    use crate::measure::OrgEnd;
    use crate::protocol::Generation;
    use crate::world::Commit;

    fn at(micros: u64) -> SimTime {
        SimTime::from_micros(micros)
    }

    #[test]
    fn a_line_tells_a_loss() {
        let commit = |micros, issued| Commit { at: at(micros), issued };
        let mut entry = Entry {
            org: 41,
            attempt: AttemptId { refresh: 3, attempt: 1 },
            presented: Generation(2),
            intended_at: at(5_000_000),
            sent_at: at(5_000_250),
            commits: smallvec![commit(5_100_000, Some(Generation(3)))],
            served_at: Some(at(5_100_000)),
            delivery: Delivery::Lost(SeenAs::Silence),
            concluded: Some((at(15_000_000), Conclusion::TimedOut)),
        };
        let mut spelling = Spelling::new("strict", 0, "0123456789ab.7");
        assert_eq!(
            spelling.line(&Row::Attempt(entry.clone())),
            "strict,0,41,3,1,T2,5.000000,5.000250,5.100000,T3,lost_silence,15.000000,timed_out,\
             5.100000,attempt,,,0123456789ab.7\n"
        );
        entry.commits.push(commit(5_200_000, None));
        entry.concluded = None;
        entry.sent_at = SimTime::NEVER;
        let twice = spelling.line(&Row::Attempt(entry));
        assert!(twice.contains(",5.000000,,5.100000;5.200000,T3;refused,"), "{twice}");
        assert!(twice.contains(",lost_silence,,unfinished,5.100000,attempt,"), "{twice}");
        assert_eq!(HEADING.matches(',').count(), twice.matches(',').count());
    }

    #[test]
    fn every_event_fills_the_same_columns_and_names_are_quoted() {
        let end = OrgEnd { needed_person: true, became: Became::Never, state: OrgState::Stale };
        let mut spelling = Spelling::new("a,\"b\"\nc", 2, "0123456789ab.7");
        for (event, line) in [
            (Event::ShortCircuited, "2,7,,,,9.000000,,,,,,,,short_circuited,,,"),
            (Event::Reauthorised, "2,7,,,,,,,,,9.000000,,,reauthorised,,,"),
            (Event::End(end), "2,7,,,,,,,,,9.000000,,,end,stale,never,"),
        ] {
            let written = spelling.line(&Row::Event { org: 7, at: at(9_000_000), event });
            assert_eq!(written, format!("\"a,\"\"b\"\"\nc\",{line}0123456789ab.7\n"));
            assert_eq!(HEADING.matches(',').count(), written.matches(',').count() - 1);
        }
    }
}
