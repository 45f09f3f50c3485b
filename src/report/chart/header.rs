//! The head of a picture: the finding, what is drawn, and a key where areas carry no label.

use crate::report::chart::canvas::{Anchor, Canvas, Type};
use crate::report::chart::theme::{self, Ink, size};
use crate::report::words::{balanced, shortened};

/// Width of every picture in pixels.
pub(super) const WIDTH: f64 = 800.0;
/// Space between edge and content.
pub(super) const MARGIN: f64 = 22.0;

const TITLE: Type = Type::bold(size::TITLE);
const SUBTITLE: Type = Type::regular(size::SUBTITLE);
const KEY: Type = Type::bold(size::SUBTITLE);

/// Width of a key's square with the space after it.
const SQUARE: f64 = 20.0;

/// Title and subtitle in lines, and a key.
#[derive(Debug, Clone)]
pub(super) struct Header {
    title: Vec<String>,
    subtitle: Vec<String>,
    key: Vec<(Ink, String)>,
}

impl Header {
    /// A head that states `title` and explains with `subtitle`.
    pub(super) fn new(title: &str, subtitle: &str) -> Self {
        let room = WIDTH - 2.0 * MARGIN;
        Self {
            title: balanced(title, room, |text| TITLE.width(text)),
            subtitle: balanced(subtitle, room, |text| SUBTITLE.width(text)),
            key: Vec::new(),
        }
    }

    /// With coloured squares and their words below the subtitle.
    pub(super) fn key(self, key: &[(Ink, &str)]) -> Self {
        let room = (WIDTH - 2.0 * MARGIN) / key.len().max(1) as f64 - SQUARE - 24.0;
        let fitting = |words: &str| shortened(words, room, |text| KEY.width(text));
        let taken: f64 = key.iter().map(|(_, words)| SQUARE + KEY.width(words) + 24.0).sum();
        let all_fit = taken <= WIDTH - 2.0 * MARGIN + 24.0;
        let words = |words: &str| if all_fit { words.to_owned() } else { fitting(words) };
        Self { key: key.iter().map(|(ink, text)| (*ink, words(text))).collect(), ..self }
    }

    /// Its height in pixels, the space below it included.
    pub(super) fn height(&self) -> f64 {
        let key = if self.key.is_empty() { 0.0 } else { 26.0 };
        MARGIN + self.title.len() as f64 * 29.0 + self.subtitle.len() as f64 * 21.0 + key + 14.0
    }

    /// Draws it.
    pub(super) fn draw(&self, canvas: &Canvas<'_>) {
        let mut y = MARGIN + 12.0;
        for line in &self.title {
            canvas.text((MARGIN, y), Anchor::Start, TITLE, theme::TEXT, line);
            y += 29.0;
        }
        for line in &self.subtitle {
            canvas.text((MARGIN, y), Anchor::Start, SUBTITLE, theme::MUTED, line);
            y += 21.0;
        }
        y += 5.0;
        let mut x = MARGIN;
        for (ink, words) in &self.key {
            canvas.rect((x, y - 7.0), (x + 14.0, y + 7.0), *ink);
            canvas.text((x + SQUARE, y), Anchor::Start, KEY, theme::TEXT, words);
            x += SQUARE + KEY.width(words) + 24.0;
        }
    }
}
