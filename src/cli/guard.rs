//! What must not cost a finished run its data: drawing.
//!
//! A panic ends the program (see [`report_panics`](super::failure::report_panics)), but for one within
//! [`guarded`], which becomes an error.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or the words of its panic.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    GUARDED.set(true);
    // Nothing that the work has touched is looked at again if it panics.
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    done.map_err(|panic| {
        let words = panic.downcast_ref::<&str>().map(|words| (*words).to_owned());
        let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
        words.unwrap_or_else(|| "a panic without words".to_owned())
    })
}

/// Whether this thread is within [`guarded`].
pub(super) fn is_guarded() -> bool {
    GUARDED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| -> u8 { panic!("at {}", 3) }), Err("at 3".to_owned()));
        assert!(!is_guarded());
    }
}
