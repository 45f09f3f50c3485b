//! The ledger of what runs in real time: rows are in the file a moment after they are done.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use csv::Writer;

use super::file::LedgerFile;
use crate::cli::print;
use crate::experiment::Selection;
use crate::report::ledger::{Spelling, writer};
use crate::world::{Row, RowTeller};

/// How often rows are written and flushed: whoever is killed has lost no more than that.
const BEAT: Duration = Duration::from_millis(250);

/// Rows between two beats, before whoever tells more is made to wait.
const ROWS: usize = 1 << 16;

/// A row, its arm by its place in the plan, and its replication.
type Told = (usize, u32, Row);

/// A file that grows while something runs.
#[derive(Debug)]
pub(in crate::cli) struct Stream {
    selection: Selection,
    rows: SyncSender<Told>,
    thread: JoinHandle<io::Result<(LedgerFile, u64)>>,
}

impl Stream {
    /// Rows that are selected go to `file`.
    pub(super) fn new(
        file: LedgerFile,
        (arms, run): (Vec<String>, String),
        selection: Selection,
    ) -> io::Result<Self> {
        let (rows, told) = sync_channel(ROWS);
        let spelt = Spelt { arms, run, spelling: None, rows: 0, out: writer(file) };
        let thread = std::thread::Builder::new().name("amnesty-ledger".to_owned());
        let thread = thread.spawn(move || spelt.write_all(&told))?;
        Ok(Self { selection, rows, thread })
    }

    /// Where the rows of an arm and replication go.
    pub(in crate::cli) fn teller(&self, arm: usize, replication: u32) -> RowTeller {
        let Selection { orgs, .. } = self.selection.clone();
        let is_wanted = self.selection.has_island(arm, replication);
        let rows = self.rows.clone();
        RowTeller::new(move |row| {
            if is_wanted && orgs.contains(&row.org()) {
                // The thread takes rows until the last teller is gone.
                rows.send((arm, replication, row)).ok();
            }
        })
    }

    /// All tellers are gone: the file, and how many rows it has.
    ///
    /// # Errors
    /// What the file said.
    pub(super) fn finish(self) -> io::Result<(LedgerFile, u64)> {
        drop(self.rows);
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the ledger's thread did not end")))
    }
}

/// Rows as they are written.
struct Spelt {
    arms: Vec<String>,
    run: String,
    /// Of the arm and replication whose rows come now.
    spelling: Option<((usize, u32), Spelling)>,
    rows: u64,
    out: Writer<LedgerFile>,
}

impl Spelt {
    /// Writes what is told until nobody tells any more. After a failure the rest is listened to, so that
    /// nobody waits, and is not written.
    fn write_all(mut self, told: &Receiver<Told>) -> io::Result<(LedgerFile, u64)> {
        let mut failure = None;
        loop {
            let is_over = match self.write_some(told, failure.is_some()) {
                Ok(is_over) => is_over,
                Err(error) => {
                    print::note(&format!(
                        "error: failed to write the ledger, which ends here: {error}"
                    ));
                    failure = Some(error);
                    false
                }
            };
            if is_over {
                break;
            }
            std::thread::sleep(BEAT);
        }
        match failure {
            Some(error) => Err(error),
            None => self
                .out
                .into_inner()
                .map(|file| (file, self.rows))
                .map_err(csv::IntoInnerError::into_error),
        }
    }

    /// Writes what has been told since the last time; whether that is all.
    fn write_some(&mut self, told: &Receiver<Told>, is_lost: bool) -> io::Result<bool> {
        loop {
            match told.try_recv() {
                Ok(_) if is_lost => {}
                Ok((arm, replication, row)) => self.write((arm, replication), &row)?,
                Err(ended) => {
                    if !is_lost {
                        self.out.flush()?;
                    }
                    return Ok(ended == TryRecvError::Disconnected);
                }
            }
        }
    }

    fn write(&mut self, island: (usize, u32), row: &Row) -> io::Result<()> {
        let spelling = match &mut self.spelling {
            Some((known, spelling)) if *known == island => spelling,
            spelling => {
                let name = self.arms.get(island.0).map_or("", String::as_str);
                let new = Spelling::new(name, island.1, &self.run);
                &mut spelling.insert((island, new)).1
            }
        };
        self.rows += 1;
        spelling.write(row, &mut self.out)
    }
}
