//! The `amnesty` command: see [`amnesty::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    amnesty::cli::main()
}
