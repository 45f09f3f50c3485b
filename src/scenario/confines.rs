//! Where the files that a scenario names may lie: in its own folder, and where the user allows it.
//!
//! A scenario can come from somebody else, in a pull request say, and is run by whoever may read more
//! than its author.

use std::path::{Component, Path, PathBuf};

use super::finding::Finding;
use super::source::Span;

/// The folders that may be read from, links resolved.
#[derive(Debug, Default)]
pub(crate) struct Confines(Vec<PathBuf>);

impl Confines {
    /// The folder of a scenario, and others. A folder that is not there allows nothing.
    pub(crate) fn new(folder: &Path, others: &[PathBuf]) -> Self {
        let folders = std::iter::once(folder).chain(others.iter().map(PathBuf::as_path));
        Self(folders.filter_map(|folder| std::fs::canonicalize(here(folder)).ok()).collect())
    }

    /// Whether `path`, which a scenario names at `span`, may be read.
    pub(crate) fn check(&self, path: &Path, span: Span) -> Result<(), Finding> {
        let place = resolved(path);
        if self.0.iter().any(|folder| place.starts_with(folder)) {
            return Ok(());
        }
        let message = "a scenario names files in its own folder, and this one lies elsewhere";
        let folder = place.parent().unwrap_or(&place).display().to_string();
        let help = format!("`--allow-path {folder}` on the command line lets it be read");
        Err(Finding::at(span, message).help(help))
    }
}

/// A folder that can be asked for: no name at all is where the program runs.
fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// Where `path` leads, links and `..` resolved; of a path that does not exist, its part that does.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(place) = std::fs::canonicalize(path) {
        return place;
    }
    match (path.parent(), path.components().next_back()) {
        (Some(folder), Some(Component::Normal(name))) => {
            let folder = std::fs::canonicalize(here(folder)).unwrap_or_else(|_| resolved(folder));
            folder.join(name)
        }
        (Some(folder), Some(Component::CurDir)) => resolved(folder),
        (Some(folder), Some(Component::ParentDir)) => {
            let folder = resolved(folder);
            folder.parent().map(Path::to_owned).unwrap_or(folder)
        }
        (_, _) => path.to_owned(),
    }
}
