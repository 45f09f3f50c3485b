//! Sections of a ledger, as they come from all threads, written to one file in their order.
//!
//! ```text
//!   section 3 ──► writes to the file itself, if it is its turn as it begins
//!   section 5 ──► a megabyte of memory, then an unnamed file ──► waits for 4 ──► the file
//! ```
//!
//! Unnamed files are gone when the program is, however it ends.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use csv::Writer;
use tempfile::{SpooledTempFile, spooled_tempfile_in};

use super::file::LedgerFile;
use crate::experiment::{LedgerSection, LedgerSink};
use crate::report::ledger::{Spelling, writer};
use crate::world::Row;

/// Bytes of a section that are kept in memory.
const KEPT: usize = 1 << 20;

/// Sections that may be ahead of the one whose turn it is.
const AHEAD: u64 = 64;

/// How often whoever waits for its turn looks whether the run is to end.
const LOOK: Duration = Duration::from_millis(50);

/// Takes the sections of a run.
#[derive(Debug)]
pub(super) struct Queue<'a> {
    arms: Vec<&'a str>,
    run: &'a str,
    /// Where unnamed files are made.
    folder: PathBuf,
    stop: &'a AtomicBool,
    has_failed: AtomicBool,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug)]
struct State {
    /// Whose turn it is.
    turn: u64,
    /// The file, unless the section whose turn it is writes to it.
    file: Option<LedgerFile>,
    waiting: BTreeMap<u64, SpooledTempFile>,
    error: Option<io::Error>,
    rows: u64,
}

impl<'a> Queue<'a> {
    pub(super) fn new(
        file: LedgerFile,
        (arms, run): (Vec<&'a str>, &'a str),
        folder: &Path,
        stop: &'a AtomicBool,
    ) -> Self {
        let (waiting, file) = (BTreeMap::new(), Some(file));
        Self {
            arms,
            run,
            folder: folder.to_owned(),
            stop,
            has_failed: AtomicBool::new(false),
            state: Mutex::new(State { turn: 0, file, waiting, error: None, rows: 0 }),
            moved: Condvar::new(),
        }
    }

    /// What the file said, if it could not be written.
    pub(super) fn take_error(&self) -> Option<io::Error> {
        self.state().error.take()
    }

    /// The file, with how many rows it has, once all sections are closed.
    ///
    /// # Errors
    /// What the file said.
    pub(super) fn finish(self) -> io::Result<(LedgerFile, u64)> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let unclosed = || io::Error::other("a section of the ledger was not closed");
        state.file.map(|file| (file, state.rows)).ok_or_else(unclosed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, error: io::Error) {
        self.state().error.get_or_insert(error);
        self.has_failed.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed) || self.stop.load(Ordering::Relaxed)
    }

    /// A section is closed: whatever follows in its order and is closed, too, goes to the file.
    fn enter(&self, number: u64, rows: u64, to: To) -> io::Result<()> {
        let mut state = self.state();
        while number > state.turn + AHEAD && !self.is_over() {
            let waited = self.moved.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.rows += rows;
        match to {
            To::File(file) => {
                state.file = Some(file);
                state.turn += 1;
            }
            To::Spool(spool) => {
                state.waiting.insert(number, spool);
            }
        }
        let State { turn, file, waiting, .. } = &mut *state;
        if let Some(file) = file {
            while let Some(mut spool) = waiting.remove(turn) {
                self.copy(&mut spool, file)?;
                *turn += 1;
            }
        }
        self.moved.notify_all();
        Ok(())
    }

    fn copy(&self, spool: &mut SpooledTempFile, file: &mut LedgerFile) -> io::Result<()> {
        spool.rewind()?;
        let mut chunk = vec![0; 1 << 16];
        while !self.is_over() {
            let read = spool.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            file.write_all(&chunk[..read])?;
        }
        Ok(())
    }
}

impl LedgerSink for Queue<'_> {
    fn section(&self, number: u64) -> Box<dyn LedgerSection + '_> {
        let mut state = self.state();
        let file = if number == state.turn { state.file.take() } else { None };
        let to = match file {
            Some(file) => To::File(file),
            None => To::Spool(spooled_tempfile_in(KEPT, &self.folder)),
        };
        Box::new(Section { queue: self, number, rows: 0, to: writer(to), spelling: None })
    }

    fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }
}

/// Where a section goes.
#[derive(Debug)]
enum To {
    File(LedgerFile),
    Spool(SpooledTempFile),
}

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Spool(spool) => spool.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        // The file is flushed when all is there: a flush costs compression.
        Ok(())
    }
}

struct Section<'q> {
    queue: &'q Queue<'q>,
    number: u64,
    rows: u64,
    to: Writer<To>,
    /// Of the arm and replication whose rows come now.
    spelling: Option<((usize, u32), Spelling)>,
}

impl LedgerSection for Section<'_> {
    fn push(&mut self, arm: usize, replication: u32, row: &Row) {
        if self.queue.has_failed() {
            return;
        }
        let island = (arm, replication);
        let spelling = match &mut self.spelling {
            Some((known, spelling)) if *known == island => spelling,
            spelling => {
                let name = self.queue.arms.get(arm).copied().unwrap_or_default();
                let new = Spelling::new(name, replication, self.queue.run);
                &mut spelling.insert((island, new)).1
            }
        };
        self.rows += 1;
        if let Err(error) = spelling.write(row, &mut self.to) {
            self.queue.fail(error);
        }
    }

    fn close(self: Box<Self>) {
        let Self { queue, number, rows, to, .. } = *self;
        let entered = match to.into_inner() {
            Ok(to) => queue.enter(number, rows, to),
            Err(error) => Err(error.into_error()),
        };
        if let Err(error) = entered {
            queue.fail(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimTime;
    use crate::cli::ledger::file::Compression;
    use crate::world::LedgerEvent;

    #[test]
    fn sections_are_written_in_their_order_whenever_they_are_closed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("ledger.csv");
        let file = std::fs::File::create(&place).unwrap();
        let file = LedgerFile::new(file, Compression::None).unwrap();
        let stop = AtomicBool::new(false);
        let queue = Queue::new(file, (vec!["a"], "r"), folder.path(), &stop);
        let mut sections: Vec<_> = (0..5).map(|number| (number, queue.section(number))).collect();
        for (number, section) in &mut sections {
            let (at, event) = (SimTime::ZERO, LedgerEvent::Reauthorised);
            section.push(0, 0, &Row::Event { org: *number, at, event });
        }
        for place in [3, 1, 0, 1, 0] {
            sections.remove(place).1.close();
        }
        drop(sections);
        let (file, rows) = queue.finish().unwrap();
        file.finish().unwrap();
        let text = std::fs::read_to_string(place).unwrap();
        let orgs: Vec<_> = text.lines().map(|line| line.split(',').nth(2).unwrap()).collect();
        assert_eq!((orgs, rows), (vec!["0", "1", "2", "3", "4"], 5));
    }
}
