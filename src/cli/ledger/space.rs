//! How much room there is, and sizes as people read them.

use std::path::Path;

/// Bytes that are free in a folder's file system; `None` where the system does not say.
#[cfg(unix)]
pub(super) fn free(folder: &Path) -> Option<f64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail as f64 * found.f_frsize as f64)
}

#[cfg(not(unix))]
pub(super) fn free(_folder: &Path) -> Option<f64> {
    None
}

/// `34 MB`
pub(super) fn bytes(bytes: f64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB")];
    let (unit, name) = units.into_iter().find(|(unit, _)| bytes >= *unit).unwrap_or((1e3, "kB"));
    let digits = usize::from(bytes / unit < 10.0);
    format!("{:.digits$} {name}", bytes / unit)
}

/// `290,000`: two digits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast to an integer saturates"
)]
pub(super) fn rows(rows: f64) -> String {
    let unit = 10_f64.powf((rows.max(1.0).log10().floor() - 1.0).max(0.0));
    let digits = (((rows / unit).round() * unit) as u64).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_for_people() {
        for (number, as_bytes, as_rows) in [
            (0.0, "0.0 kB", "0"),
            (1_234.0, "1.2 kB", "1,200"),
            (34_567_890.0, "35 MB", "35,000,000"),
            (9.1e9, "9.1 GB", "9,100,000,000"),
        ] {
            assert_eq!((bytes(number), rows(number)), (as_bytes.to_owned(), as_rows.to_owned()));
        }
    }
}
