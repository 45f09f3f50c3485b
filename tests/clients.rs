//! Real client libraries against `amnesty serve`: each goes from its first tokens through a refresh, a lost
//! answer, a refusal and an amnesty to recovery. The journeys stand in `tests/clients/*.py`.
//!
//! They need Python 3.9 or newer with `venv`, and install what `requirements.txt` names into a virtual
//! environment below the target folder. Without Python they are listed as ignored, never as passed.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

/// The journeys: each a client library and a protocol.
const JOURNEYS: [&str; 4] =
    ["authlib_oauth1", "authlib_oauth2", "requests_oauthlib_oauth1", "requests_oauthlib_oauth2"];

/// Whether `python3` is there and new enough.
fn has_python() -> bool {
    let new_enough = "import sys, venv; sys.exit(sys.version_info < (3, 9))";
    let found = Command::new("python3").args(["-c", new_enough]).output();
    found.is_ok_and(|output| output.status.success())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// The interpreter of the virtual environment, made if it is not there or holds something else.
fn environment() -> Result<PathBuf, Failed> {
    let wanted = std::fs::read_to_string(folder().join("requirements.txt"))?;
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    let python = home.join("bin/python");
    let marker = home.join("installed.txt");
    if std::fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let requirements = folder().join("requirements.txt");
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))?;
    std::fs::write(marker, wanted)?;
    Ok(python)
}

fn journey(python: &Path, name: &str) -> Result<(), Failed> {
    let script = folder().join(name).with_extension("py");
    run(Command::new(python)
        .arg(script)
        .env("AMNESTY", env!("CARGO_BIN_EXE_amnesty"))
        // The server speaks HTTP: it is on this machine.
        .env("OAUTHLIB_INSECURE_TRANSPORT", "1")
        .env("AUTHLIB_INSECURE_TRANSPORT", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1"))
}

/// Runs a command to its end; what it printed, if it failed.
fn run(command: &mut Command) -> Result<(), Failed> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let [out, err] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Err(format!("{command:?}: {}\n{out}{err}", output.status).into())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let python = if has_python() { Some(environment()) } else { None };
    let trials = JOURNEYS.iter().map(|name| match &python {
        None => Trial::test(*name, || Ok(())).with_ignored_flag(true).with_kind("needs Python"),
        Some(Ok(python)) => {
            let python = python.clone();
            Trial::test(*name, move || journey(&python, name))
        }
        Some(Err(error)) => {
            let message = error.message().unwrap_or("no virtual environment").to_owned();
            Trial::test(*name, move || Err(message.into()))
        }
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
