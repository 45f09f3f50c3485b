//! Text that somebody else wrote, made safe to show.
//!
//! Control characters move a terminal's cursor, change its title or end a line of a report; marks of
//! direction and characters without width make a line read as what it is not. They are shown as what
//! they are (`\u{202e}`) wherever text from a file appears: terminal, Markdown, HTML, XML, pictures.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character cannot be seen, or changes how others are seen. Spaces are not among them.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// `text` on one line, with every [hidden](is_hidden) character written out: `\n`, `\t`, `\u{1b}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    written_out(text, |_| false)
}

/// As [`shown`], but line breaks stay: for a text of several lines that this program put together.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    written_out(text, |letter| letter == '\n')
}

fn written_out(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|letter| is_hidden(letter) && !stays(letter)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            letter if !is_hidden(letter) || stays(letter) => out.push(letter),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a String cannot fail.
            letter => drop(write!(out, "\\u{{{:x}}}", u32::from(letter))),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for (text, expected) in [
            ("plain, ü, 例, 😀", "plain, ü, 例, 😀"),
            ("\u{1b}]0;x\u{7}", "\\u{1b}]0;x\\u{7}"),
            ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{202e}evil\u{2066}", "\\u{202e}evil\\u{2066}"),
            ("\u{9b}31m\u{7f}\u{200b}\u{feff}", "\\u{9b}31m\\u{7f}\\u{200b}\\u{feff}"),
            ("\u{2028}\u{e0041}", "\\u{2028}\\u{e0041}"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown_lines("a\n\u{1b}b\n"), "a\n\\u{1b}b\n");
        assert!(matches!(shown("as it is"), Cow::Borrowed(_)));
    }
}
