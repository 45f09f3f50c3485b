//! A single file that a user names: tried before the run, and written whatever it is.
//!
//! | what the path names | how it is written |
//! |---|---|
//! | a file, or nothing yet | prepared beside and renamed; links are followed |
//! | a file in a folder in which nothing can be made | in place |
//! | a device, a FIFO, a socket, or an open descriptor such as `/dev/stdout` | as it is |

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::Failure;
use super::store::folder_of;

/// Links that are followed at most.
const LINKS_MAX: usize = 40;

/// A file to be written.
#[derive(Debug)]
pub(super) struct Target {
    /// As the user named it.
    named: PathBuf,
    /// Links followed.
    path: PathBuf,
    how: How,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Replace,
    InPlace,
    AsItIs,
}

impl Target {
    /// Tries whether the file can be written, and leaves everything as it is.
    ///
    /// # Errors
    /// [`Failure::Unusable`] if it cannot be written.
    pub(super) fn tried(named: &Path) -> Result<Self, Failure> {
        let found = how(named).with_context(|| format!("write `{}`", named.display()));
        let (path, how) = found.map_err(Failure::Unusable)?;
        Ok(Self { named: named.to_owned(), path, how })
    }

    /// Writes the whole file.
    ///
    /// # Errors
    /// The operating system's. A file that was there before is then as it was, if it could be.
    pub(super) fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = match self.how {
            How::Replace => replace(&self.path, bytes),
            How::InPlace => fs::write(&self.path, bytes),
            How::AsItIs => self.append_bytes(bytes),
        };
        written.with_context(|| format!("write `{}`", self.named.display()))
    }

    /// Adds to the end of the file.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn append(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let attempted = || format!("append to `{}`", self.named.display());
        self.append_bytes(bytes).with_context(attempted)
    }

    fn append_bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let create = self.how != How::AsItIs;
        let mut file = OpenOptions::new().append(true).create(create).open(&self.path)?;
        file.write_all(bytes)
    }
}

/// Follows links, and finds out how what they lead to is written.
fn how(named: &Path) -> io::Result<(PathBuf, How)> {
    let mut path = named.to_owned();
    for _ in 0..LINKS_MAX {
        let Some(name) = path.file_name().map(ToOwned::to_owned) else {
            return Err(io::ErrorKind::IsADirectory.into());
        };
        let folder = folder_of(&path).canonicalize()?;
        path = folder.join(name);
        if folder.starts_with("/proc") {
            // An open descriptor: what it leads to must not be replaced under whoever holds it.
            return Ok((path, How::AsItIs));
        }
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => path = folder.join(fs::read_link(&path)?),
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => return Ok((path, How::AsItIs)),
            Ok(_) => {
                let made = draft(&path).and_then(|(beside, _)| fs::remove_file(beside));
                let in_place = |_| OpenOptions::new().append(true).open(&path).map(drop);
                return match made {
                    Ok(()) => Ok((path, How::Replace)),
                    Err(error) => in_place(error).map(|()| (path, How::InPlace)),
                };
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                draft(&path).and_then(|(beside, _)| fs::remove_file(beside))?;
                return Ok((path, How::Replace));
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many links"))
}

/// Makes a file beside `path`.
fn draft(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    remove_leftovers(folder_of(path), &name);
    let beside = folder_of(path).join(format!(".{name}.{}.tmp", std::process::id()));
    let file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
    // It says that the writer lives; a file system without locks cannot tell.
    let _ = file.try_lock();
    Ok((beside, file))
}

/// Removes what killed processes have left beside a file: what nobody holds a lock of. Should that fail, it can
/// wait for the next run.
fn remove_leftovers(folder: &Path, name: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let prefix = format!(".{name}.");
    for entry in entries.flatten() {
        let file_name = entry.file_name();
        let process =
            file_name.to_str().and_then(|it| it.strip_prefix(&prefix)?.strip_suffix(".tmp"));
        let is_free = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if process.is_some_and(|process| process.parse::<u32>().is_ok()) && is_free() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (beside, mut file) = draft(path)?;
    let written = (|| {
        file.write_all(bytes)?;
        if let Ok(former) = fs::metadata(path) {
            file.set_permissions(former.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn trying_changes_nothing_and_writing_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.xml");
        let target = Target::tried(&path).unwrap();
        assert_eq!(count(folder.path()), 0);
        target.write(b"one").unwrap();
        Target::tried(&path).unwrap().write(b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        target.append(b", three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two, three");
        assert_eq!(count(folder.path()), 1);
    }

    #[test]
    fn what_killed_processes_left_is_cleared_and_what_lives_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.xml");
        let alive = File::create(folder.path().join(".out.xml.7.tmp")).unwrap();
        alive.try_lock().unwrap();
        for name in [".out.xml.8.tmp", ".out.xml.mine.tmp", ".other.xml.8.tmp"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        Target::tried(&path).unwrap().write(b"one").unwrap();
        let left = fs::read_dir(folder.path()).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".other.xml.8.tmp", ".out.xml.7.tmp", ".out.xml.mine.tmp", "out.xml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_stay_devices() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        Target::tried(&link).unwrap().write(b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        let null = folder.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &null).unwrap();
        let target = Target::tried(&null).unwrap();
        assert_eq!((target.how, target.path.as_path()), (How::AsItIs, Path::new("/dev/null")));
        target.write(b"nothing").unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!(how(Path::new("/dev/stdout")).unwrap().1, How::AsItIs);
        }
    }

    #[test]
    fn what_cannot_be_written_is_found_before_the_run() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_owned(), folder.path().join("no/such/folder"), "..".into()] {
            assert!(Target::tried(&path).is_err(), "{}", path.display());
        }
    }
}
