//! Where a ledger is written: into the draft of a results folder, to a file that appears whole, or to a
//! device or FIFO as it is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::NamedTempFile;

use super::file::{Compression, LedgerFile};
use super::{headed, space};
use crate::cli::folder::Draft;
use crate::cli::store;

/// A place for a ledger.
#[derive(Debug)]
pub(in crate::cli) struct Target {
    path: PathBuf,
    how: How,
}

/// How a ledger gets into its place.
#[derive(Debug)]
enum How {
    /// With the draft that it lies in, which is prepared in this folder.
    Draft(File, PathBuf),
    /// Beside its place, and then moved there.
    Beside(NamedTempFile),
    /// It is written there.
    There,
}

impl Target {
    /// A file of this name in a draft.
    pub(super) fn in_draft(draft: &Draft, name: &Path) -> anyhow::Result<Self> {
        let file = draft.create(&name.to_string_lossy())?;
        let how = How::Draft(file, draft.folder().to_owned());
        Ok(Self { path: draft.named().join(name), how })
    }

    /// Makes sure that a ledger can be written to `path`.
    pub(super) fn new(path: &Path) -> anyhow::Result<Self> {
        let attempted = || format!("write `{}`", path.display());
        let is_special = fs::metadata(path).is_ok_and(|it| !it.is_file());
        let how = if is_special {
            How::There
        } else {
            let folder = store::folder_of(path);
            fs::create_dir_all(folder).with_context(attempted)?;
            How::Beside(beside(folder).with_context(attempted)?)
        };
        Ok(Self { path: path.to_owned(), how })
    }

    /// A file that grows in its place: what was there before goes now.
    pub(in crate::cli) fn in_place(path: &Path) -> anyhow::Result<Self> {
        let attempted = || format!("write `{}`", path.display());
        fs::create_dir_all(store::folder_of(path)).with_context(attempted)?;
        let is_special = fs::metadata(path).is_ok_and(|it| !it.is_file());
        if !is_special {
            File::create(path).with_context(attempted)?;
        }
        Ok(Self { path: path.to_owned(), how: How::There })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn compression(&self) -> Compression {
        Compression::of(&self.path)
    }

    /// The folder in which it is written.
    pub(super) fn folder(&self) -> &Path {
        match &self.how {
            How::Draft(_, folder) => folder,
            How::Beside(_) | How::There => store::folder_of(&self.path),
        }
    }

    /// Bytes that are free there; `None` where that is not known, or does not matter.
    pub(super) fn free_space(&self) -> Option<f64> {
        if let How::There = self.how { None } else { space::free(self.folder()) }
    }

    /// The file, with its heading.
    pub(super) fn open(&self) -> io::Result<LedgerFile> {
        let file = match &self.how {
            How::Draft(file, _) => file.try_clone()?,
            How::Beside(beside) => beside.as_file().try_clone()?,
            How::There => File::options().write(true).open(&self.path)?,
        };
        headed(LedgerFile::new(file, self.compression())?)
    }

    /// All is written: waits until it is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        match &self.how {
            How::Draft(file, _) => file.sync_data(),
            How::Beside(beside) => beside.as_file().sync_data(),
            How::There => Ok(()),
        }
    }

    /// Puts the file into its place, unless a draft does. Where it is.
    pub(super) fn keep(self) -> anyhow::Result<PathBuf> {
        let Self { path, how } = self;
        if let How::Beside(beside) = how {
            beside.persist(&path).with_context(|| format!("write `{}`", path.display()))?;
        }
        Ok(path)
    }
}

/// A file whose permissions are those of any other.
#[cfg(unix)]
fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o666)).tempfile_in(folder)
}

#[cfg(not(unix))]
fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    NamedTempFile::new_in(folder)
}
