//! Reading a file that anybody may have written: only so much of it, and only text.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest scenario file in bytes.
pub(crate) const BYTES_MAX: u64 = 256 << 10;

/// Why a file gives no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The system refused.
    #[error("cannot read {file}: {reason}")]
    Unreadable {
        /// Its name.
        file: String,
        /// The system's words.
        reason: String,
    },
    /// It is a folder, a device or a pipe.
    #[error("cannot read {file}: it is {kind}, not a file")]
    NotAFile {
        /// Its name.
        file: String,
        /// What it is.
        kind: &'static str,
    },
    /// It is too large.
    #[error("{file} is larger than {limit_kib} KiB, the most that is read")]
    TooLarge {
        /// Its name.
        file: String,
        /// Thousands of bytes (1,024 each) that are read at most.
        limit_kib: u64,
    },
    /// It is no UTF-8.
    #[error("{file} is not UTF-8 text: byte {byte} is 0x{value:02x}")]
    NotUtf8 {
        /// Its name.
        file: String,
        /// Where the text ends, in bytes.
        byte: usize,
        /// What stands there.
        value: u8,
        /// The text up to and after that byte, as far as it can be shown.
        shown: String,
    },
}

/// The text of the file `path`, of at most `bytes_max` bytes, without a byte order mark.
///
/// # Errors
/// [`FileError`], also for devices and pipes, which may have no end or never begin.
pub fn read_text(path: &Path, bytes_max: u64) -> Result<String, FileError> {
    // Asked before opening: opening a pipe would wait for its other end.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        let kind = if metadata.is_dir() { "a folder" } else { "a device or a pipe" };
        return Err(FileError::NotAFile { file: path.display().to_string(), kind });
    }
    read_any(path, bytes_max)
}

/// The same of whatever has a name: also of a pipe, as a shell makes for `<(…)`. For names that the user
/// gave on the command line.
///
/// # Errors
/// [`FileError`]
pub fn read_any(path: &Path, bytes_max: u64) -> Result<String, FileError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|handle| handle.take(bytes_max + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(path, &error))?;
    let file = path.display().to_string();
    if bytes.len() as u64 > bytes_max {
        return Err(FileError::TooLarge { file, limit_kib: bytes_max >> 10 });
    }
    text_of(&file, bytes)
}

fn unreadable(path: &Path, error: &std::io::Error) -> FileError {
    FileError::Unreadable { file: path.display().to_string(), reason: reason(error) }
}

/// `bytes` as text without a byte order mark.
pub(crate) fn text_of(file: &str, bytes: Vec<u8>) -> Result<String, FileError> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(error) => {
            let byte = error.utf8_error().valid_up_to();
            Err(FileError::NotUtf8 {
                file: file.to_owned(),
                byte,
                value: error.as_bytes()[byte],
                shown: String::from_utf8_lossy(error.as_bytes()).into_owned(),
            })
        }
    }
}

/// The system's reason without its error number, which differs between systems.
fn reason(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else {
        error.kind().to_string()
    }
}
