//! A results folder that appears as a whole, or not at all.
//!
//! ```text
//!   results/.NAME.PID-N.tmp/   written and synced ──swap──► results/NAME/
//!   results/NAME/              what was there before ──────► removed; files that are not ours move over
//! ```
//!
//! A draft is locked (`flock`) as long as its writer lives, so what a killed run has left behind is
//! known by its free lock, and the next run of the same scenario removes it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;

use super::signals;
use super::store::{folder_of, is_ours};

/// Lies in a draft until it is swapped: all that stands beside it may be removed.
const DRAFT: &str = ".draft";

/// How many drafts of one process may be under way for one folder.
const DRAFTS_MAX: u32 = 1_000;

/// The drafts under way, for a process that ends at once.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A results folder in preparation. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Draft {
    /// Where the results belong, as the user named it.
    named: PathBuf,
    /// The same with links followed.
    place: PathBuf,
    /// Where they are prepared.
    beside: PathBuf,
    /// Held open for its lock.
    lock: Option<File>,
    /// Whether it is in its place.
    is_kept: bool,
}

impl Draft {
    /// A draft of the results that belong into `place`. That may exist, its parent is made.
    ///
    /// # Errors
    /// The operating system's, if nothing can be written there.
    pub(super) fn of(place: &Path) -> anyhow::Result<Self> {
        // From now on there is something to clean up.
        signals::stop_on_signal()?;
        let named = place.to_owned();
        let attempted = || format!("write results to `{}`", named.display());
        let place = whole_path(place).with_context(attempted)?;
        let (parent, name) = parts(&place).with_context(attempted)?;
        remove_leftovers(&parent, &name, &place);
        for number in 0..DRAFTS_MAX {
            let beside = parent.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
            match fs::create_dir(&beside) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error).with_context(attempted),
            }
            unfinished().push(beside.clone());
            let mut draft =
                Self { named: named.clone(), place, beside, lock: None, is_kept: false };
            let lock = File::open(&draft.beside).with_context(attempted)?;
            // A file system without locks cannot tell what a killed run has left behind.
            let _ = lock.try_lock();
            draft.lock = Some(lock);
            let marker = draft.beside.join(DRAFT);
            let marked = OpenOptions::new().write(true).create_new(true).open(marker);
            marked.with_context(attempted)?;
            return Ok(draft);
        }
        Err(anyhow::anyhow!("{DRAFTS_MAX} drafts are under way")).with_context(attempted)
    }

    /// Makes a file in the draft.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn create(&self, name: &str) -> anyhow::Result<File> {
        let file = OpenOptions::new().write(true).create_new(true).open(self.beside.join(name));
        file.with_context(|| self.writing(name))
    }

    /// Writes a file of the draft, and waits until it is on the disk.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let mut file = self.create(name)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.with_context(|| self.writing(name))
    }

    /// Takes over a file of the folder that will be replaced.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn carry_over(&self, name: &str) -> anyhow::Result<()> {
        let (from, to) = (self.place.join(name), self.beside.join(name));
        let carried = fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(drop));
        carried.with_context(|| self.writing(name))
    }

    /// Puts the draft in its place, with all that is in it. Nothing of ours that was there before is
    /// left; files that are not ours are. How many files are in it.
    ///
    /// # Errors
    /// The operating system's. Then the place is as it was before; or everything is in its place, and what
    /// failed was to wait for the disk or to remove the former results.
    pub(super) fn keep(mut self) -> anyhow::Result<usize> {
        let attempted = || format!("put the results in `{}`", self.named.display());
        fs::remove_file(self.beside.join(DRAFT)).with_context(attempted)?;
        let files = fs::read_dir(&self.beside).with_context(attempted)?.count();
        sync_folder(&self.beside).with_context(attempted)?;
        let former = swap(&self.beside, &self.place);
        if former.is_err() {
            // Should the process be killed now, the marker says that all of this may go.
            let _ = self.create(DRAFT);
        }
        let former = former.with_context(attempted)?;
        self.is_kept = true;
        let synced = sync_folder(folder_of(&self.place)).with_context(attempted);
        if let Some(former) = former {
            // A second try costs nothing; after that it can wait for the next run.
            retire(&former, &self.place)
                .or_else(|_| retire(&former, &self.place))
                .with_context(|| format!("remove the former results in `{}`", former.display()))?;
        }
        synced.map(|()| files)
    }

    /// The same draft, of results that belong into `named`, beside where they belonged before.
    ///
    /// # Errors
    /// The operating system's, if nothing can be written there.
    pub(super) fn moved(mut self, named: PathBuf) -> anyhow::Result<Self> {
        let attempted = || format!("write results to `{}`", named.display());
        self.place = whole_path(&named).with_context(attempted)?;
        self.named = named;
        Ok(self)
    }

    /// Where the results are prepared.
    pub(super) fn folder(&self) -> &Path {
        &self.beside
    }

    /// Where the results belong, as the user named it.
    pub(super) fn named(&self) -> &Path {
        &self.named
    }

    fn writing(&self, name: &str) -> String {
        format!("write `{}`", self.named.join(name).display())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        unfinished().retain(|draft| *draft != self.beside);
        // To remove a folder takes a descriptor, and there may be no other.
        drop(self.lock.take());
        if !self.is_kept {
            let _ = fs::remove_dir_all(&self.beside).or_else(|_| fs::remove_dir(&self.beside));
        }
    }
}

/// Removes the drafts that are under way: the process ends at once.
pub(super) fn remove_unfinished() {
    for draft in unfinished().drain(..) {
        if draft.join(DRAFT).exists() {
            let _ = fs::remove_dir_all(draft);
        }
    }
}

fn unfinished() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder that a path names, with links followed: a link stays, what it names is replaced.
fn whole_path(place: &Path) -> io::Result<PathBuf> {
    if let Ok(known) = place.canonicalize() {
        return if known.is_dir() { Ok(known) } else { Err(io::ErrorKind::NotADirectory.into()) };
    }
    let parent = folder_of(place);
    fs::create_dir_all(parent)?;
    let name = place.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    Ok(parent.canonicalize()?.join(name))
}

fn parts(place: &Path) -> io::Result<(PathBuf, String)> {
    match (place.parent(), place.file_name()) {
        (Some(parent), Some(name)) => Ok((parent.to_owned(), name.to_string_lossy().into_owned())),
        _ => Err(io::ErrorKind::InvalidFilename.into()),
    }
}

/// Puts `beside` at `place`. Where the former content of that is now.
fn swap(beside: &Path, place: &Path) -> io::Result<Option<PathBuf>> {
    if !place.exists() {
        fs::rename(beside, place)?;
        return Ok(None);
    }
    match exchange(beside, place) {
        Ok(()) => Ok(Some(beside.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            // Two renames: should the process be killed in between, the next run puts the old one back.
            let former = beside.with_extension("old");
            fs::rename(place, &former)?;
            if let Err(error) = fs::rename(beside, place) {
                fs::rename(&former, place)?;
                return Err(error);
            }
            Ok(Some(former))
        }
        Err(error) => Err(error),
    }
}

/// Exchanges two folders in one step: `renameat2(2)`.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;

    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(|error| match error {
        Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP => io::ErrorKind::Unsupported.into(),
        error => error.into(),
    })
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Removes former results. What is not ours moves to `place`.
fn retire(former: &Path, place: &Path) -> io::Result<()> {
    for entry in fs::read_dir(former)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_file = entry.file_type()?.is_file();
        let is_known = is_ours(&name.to_string_lossy()) || place.join(&name).is_file();
        if is_file && is_known {
            fs::remove_file(entry.path())?;
        } else if !place.join(&name).exists() {
            fs::rename(entry.path(), place.join(&name))?;
        }
    }
    fs::remove_dir(former)
}

/// Clears what killed runs have left beside `place`. Should that fail, it can wait for the next run.
fn remove_leftovers(parent: &Path, name: &str, place: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let prefix = format!(".{name}.");
    for entry in entries.flatten() {
        let (path, file_name) = (entry.path(), entry.file_name());
        let kind = file_name.to_str().and_then(|it| it.strip_prefix(&prefix)).and_then(kind);
        let Some(kind) = kind else { continue };
        let is_free = File::open(&path).is_ok_and(|folder| folder.try_lock().is_ok());
        if !is_free {
            continue;
        }
        let _ = match kind {
            Leftover::Former if !place.exists() => fs::rename(&path, place),
            Leftover::Draft if path.join(DRAFT).exists() => fs::remove_dir_all(&path),
            Leftover::Former | Leftover::Draft => retire(&path, place),
        };
    }
}

/// What a killed run can leave behind.
#[derive(Debug, Clone, Copy)]
enum Leftover {
    /// A draft; or, without its marker, what it has replaced.
    Draft,
    /// What a draft was about to replace, in two steps.
    Former,
}

/// What `PID-N.tmp` and `PID-N.old` are.
fn kind(rest: &str) -> Option<Leftover> {
    let (numbers, ending) = rest.split_once('.')?;
    let (process, number) = numbers.split_once('-')?;
    let are_numbers = process.parse::<u32>().is_ok() && number.parse::<u32>().is_ok();
    match ending {
        "tmp" if are_numbers => Some(Leftover::Draft),
        "old" if are_numbers => Some(Leftover::Former),
        _ => None,
    }
}

/// Waits until the entries of a folder are on the disk.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_replaced_as_a_whole_and_keeps_what_is_not_ours() {
        let out = tempfile::tempdir().unwrap();
        let place = out.path().join("calm");
        fs::create_dir_all(place.join("mine")).unwrap();
        for name in ["summary.json", "ledger.csv", "load.svg", "notes.md", "mine/plan"] {
            fs::write(place.join(name), "old").unwrap();
        }
        let draft = Draft::of(&place).unwrap();
        draft.write("summary.json", b"new").unwrap();
        assert_eq!(fs::read(place.join("summary.json")).unwrap(), b"old", "not before the end");
        draft.keep().unwrap();
        assert_eq!(names(&place), ["mine", "notes.md", "summary.json"]);
        assert_eq!(fs::read(place.join("summary.json")).unwrap(), b"new");
        assert_eq!(fs::read(place.join("mine/plan")).unwrap(), b"old");
        assert_eq!(names(out.path()), ["calm"], "nothing is left beside it");
    }

    #[test]
    fn a_draft_that_is_dropped_leaves_all_as_it_was() {
        let out = tempfile::tempdir().unwrap();
        let place = out.path().join("calm");
        fs::create_dir(&place).unwrap();
        fs::write(place.join("summary.json"), "old").unwrap();
        let draft = Draft::of(&place).unwrap();
        draft.write("summary.json", b"new").unwrap();
        drop(draft);
        assert_eq!(names(out.path()), ["calm"]);
        assert_eq!(fs::read(place.join("summary.json")).unwrap(), b"old");
    }

    #[test]
    fn what_killed_runs_left_is_cleared_and_what_lives_is_not() {
        let out = tempfile::tempdir().unwrap();
        let place = out.path().join("calm");
        let alive = Draft::of(&place).unwrap();
        // A killed draft; one killed after its swap, which holds a file of the user; one in two steps.
        for (folder, files) in [
            (".calm.7-0.tmp", &[DRAFT, "summary.json", "half.csv"][..]),
            (".calm.8-0.tmp", &["summary.json", "notes.md"]),
            (".calm.9-0.old", &["summary.json"]),
            (".calmer.7-0.tmp", &[DRAFT]),
            (".calm.mine.tmp", &["a"]),
        ] {
            fs::create_dir(out.path().join(folder)).unwrap();
            for file in files {
                fs::write(out.path().join(folder).join(file), folder).unwrap();
            }
        }
        fs::create_dir(&place).unwrap();
        let next = Draft::of(&place).unwrap();
        assert_eq!(names(&place), ["notes.md"]);
        drop(next);
        let own = format!(".calm.{}-0.tmp", std::process::id());
        assert!(names(out.path()).contains(&own), "{:?}", names(out.path()));
        drop(alive);
        assert_eq!(names(out.path()), [".calm.mine.tmp", ".calmer.7-0.tmp", "calm"]);
    }

    #[test]
    fn an_interrupted_pair_of_renames_is_undone() {
        let out = tempfile::tempdir().unwrap();
        let former = out.path().join(".calm.9-0.old");
        fs::create_dir(&former).unwrap();
        fs::write(former.join("summary.json"), "old").unwrap();
        drop(Draft::of(&out.path().join("calm")).unwrap());
        assert_eq!(fs::read(out.path().join("calm/summary.json")).unwrap(), b"old");
    }

    #[test]
    fn a_place_that_is_no_folder_is_found_before_the_run() {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("file");
        fs::write(&file, "").unwrap();
        for place in [file.clone(), file.join("calm")] {
            let error = Draft::of(&place).unwrap_err();
            assert!(format!("{error:#}").starts_with("write results to `"), "{error:#}");
        }
        assert_eq!(names(out.path()), ["file"]);
    }
}
