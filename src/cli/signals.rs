//! SIGINT, SIGTERM and SIGHUP. The first one ends a run in good order, the second one at once.
//!
//! A signal that was ignored when the program started stays ignored (`nohup`), as shells expect.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use anyhow::Context as _;

use super::{Exit, folder};

/// Set by the first signal.
static STOP: AtomicBool = AtomicBool::new(false);

/// The exit code of the first signal; 0 before there was one.
static CODE: AtomicU8 = AtomicU8::new(0);

/// Starts to listen, once. What is set when a run shall end.
///
/// # Errors
/// The operating system's, if signals cannot be listened for.
pub(super) fn stop_on_signal() -> anyhow::Result<&'static AtomicBool> {
    static LISTENING: AtomicBool = AtomicBool::new(false);
    if !LISTENING.swap(true, Ordering::SeqCst) {
        listen().context("listen for signals")?;
    }
    Ok(&STOP)
}

/// How a run ends that was told to stop.
pub(super) fn stopped() -> Exit {
    let code = CODE.load(Ordering::SeqCst);
    let signals = [Exit::HungUp, Exit::Terminated];
    signals.into_iter().find(|exit| *exit as u8 == code).unwrap_or(Exit::Interrupted)
}

fn receive(exit: Exit) {
    if STOP.swap(true, Ordering::SeqCst) {
        folder::remove_unfinished();
        std::process::exit(exit as i32);
    }
    CODE.store(exit as u8, Ordering::SeqCst);
}

#[cfg(unix)]
fn listen() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let ignored = ignored();
    let heard = [SIGINT, SIGTERM, SIGHUP];
    let heard = heard.into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = Signals::new(heard)?;
    let wait = move || {
        for signal in signals.forever() {
            receive(match signal {
                SIGTERM => Exit::Terminated,
                SIGHUP => Exit::HungUp,
                _ => Exit::Interrupted,
            });
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}

#[cfg(not(unix))]
fn listen() -> std::io::Result<()> {
    ctrlc::set_handler(|| receive(Exit::Interrupted)).map_err(std::io::Error::other)
}

/// The signals that are ignored: signal *n* is bit *n* − 1 (`SigIgn` in `proc_pid_status(5)`). None
/// where the system does not say.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
