//! Standard output and error as a terminal, a file or a pipe.
//!
//! What becomes of them never changes a verdict and never loses a file: only where text is all that a
//! command makes ([`product`]) is it an error that it cannot be written.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};

use anyhow::Context as _;

use crate::base::text::shown_lines;

/// Writes the text that a command was asked for.
///
/// # Errors
/// The operating system's. A reader that has had enough (`amnesty presets | head`) is told apart by
/// its kind, `BrokenPipe`.
pub(super) fn product(text: &str) -> anyhow::Result<()> {
    write_out(&shown_lines(text)).context("write to standard output")
}

/// The same for what a shell reads, tabs and all.
///
/// # Errors
/// As [`product`].
pub(super) fn script(text: &str) -> anyhow::Result<()> {
    write_out(text).context("write to standard output")
}

/// Says how a command ended whose files are written, or that has a verdict. If nobody can hear it, the
/// reason is noted on standard error.
pub(super) fn say(text: &str) {
    match write_out(&shown_lines(text)) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            note(&format!("warning: standard output cannot be written: {error}"));
        }
        Ok(()) | Err(_) => {}
    }
}

/// A line on standard error, if anybody can hear it. What of it nobody could see, or what would steer a
/// terminal, is written out, as on standard output.
pub(super) fn note(line: &str) {
    styled(&shown_lines(line));
}

/// The same with the colours that the line has.
pub(super) fn styled(line: &str) {
    // Nothing is left to tell whom, if this cannot be written.
    let _ = writeln!(stderr().lock(), "{line}");
}

fn write_out(text: &str) -> std::io::Result<()> {
    let mut stdout = stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Whether messages on standard error may have colours (<https://no-color.org>).
pub(super) fn colours_stderr() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
