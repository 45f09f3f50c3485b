//! `amnesty init`: a commented scenario to start from.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{Exit, Failure, print};
use crate::scenario::template;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Server preset to start from; `amnesty presets` lists them
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// File to make; it must not exist yet [default: standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Init {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let text = template(self.preset.as_deref())
            .map_err(|error| Failure::Argument(error.to_string()))?;
        let Some(path) = &self.file else {
            print::product(&text)?;
            return Ok(Exit::Fine);
        };
        let attempted = || format!("make `{}`", path.display());
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let mut file = file.with_context(attempted).map_err(Failure::Unusable)?;
        file.write_all(text.as_bytes()).with_context(attempted)?;
        let path = path.display();
        print::note(&format!("wrote {path}; now try `amnesty run {path}`"));
        Ok(Exit::Fine)
    }
}
