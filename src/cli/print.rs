//! Standard output and error as a terminal, a file or a pipe.

use std::io::{IsTerminal, Write, stderr, stdout};

use anyhow::Context as _;

/// Writes text to standard output.
pub(super) fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = stdout().lock();
    stdout.write_all(text.as_bytes()).context("write to standard output")?;
    stdout.flush().context("write to standard output")
}

/// Whether messages on standard error may have colours (<https://no-color.org>).
pub(super) fn colours_stderr() -> bool {
    stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
