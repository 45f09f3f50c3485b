//! The sheet a chart is drawn on: a thin layer over plotters' SVG backend, in pixels.
//!
//! plotters places everything on whole units, so curves would climb in stairs. The canvas is four
//! times as fine as the picture; [`Canvas::finish`] gives the SVG a quarter of the size with the same
//! view box. It also adds what plotters leaves out: alt text, dashes, dark mode, fallback fonts.

use std::sync::Once;

use plotters::coord::Shift;
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, ShapeStyle, TextStyle, register_font,
};

use crate::report::chart::svg;
use crate::report::chart::theme::{self, Ink, Series};

/// The font as the SVG names it first, and as plotters knows it.
pub(super) const FONT: &str = "Inter";
/// The font's bytes: regular and semi-bold.
pub(super) const FONT_BYTES: [&[u8]; 2] = [
    include_bytes!("../../../assets/fonts/Inter-Regular.otf"),
    include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"),
];
/// Canvas units in a pixel.
const FINE: f64 = 4.0;
/// plotters writes a font size divided by this.
const EM: f64 = 1.24;

/// plotters measures text by the height of a line, which in Inter is 1.21 em.
const MEASURED: f64 = 1.21 / EM;

/// A point in pixels, from the upper left corner.
pub(super) type Point = (f64, f64);

/// How text lies against its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Begins there.
    Start,
    /// Is centred there.
    Middle,
    /// Ends there.
    End,
}

/// Size and weight of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Type {
    /// Height of the em in pixels.
    pub(super) size: f64,
    /// Semi-bold or regular.
    pub(super) bold: bool,
}

impl Type {
    /// Regular text.
    pub(super) const fn regular(size: f64) -> Self {
        Self { size, bold: false }
    }

    /// Semi-bold text.
    pub(super) const fn bold(size: f64) -> Self {
        Self { size, bold: true }
    }

    fn font(self) -> FontDesc<'static> {
        ready_font();
        let style = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        FontDesc::new(FontFamily::Name(FONT), self.size * FINE * EM, style)
    }

    /// The width of `text` in pixels.
    pub(super) fn width(self, text: &str) -> f64 {
        self.font().box_size(text).map_or(0.0, |(width, _)| f64::from(width) / FINE * MEASURED)
    }
}

/// A sheet of pixels.
pub(super) struct Canvas<'a> {
    root: DrawingArea<SVGBackend<'a>, Shift>,
}

impl std::fmt::Debug for Canvas<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Canvas").finish_non_exhaustive()
    }
}

/// Draws a picture of `width` × `height` pixels and gives it its words for those who do not see it.
pub(super) fn picture(
    words: svg::Words<'_>,
    (width, height): (f64, f64),
    draw: impl FnOnce(&Canvas<'_>),
) -> String {
    let mut buffer = String::new();
    let size = (fine(width).unsigned_abs(), fine(height).unsigned_abs());
    let canvas = Canvas { root: SVGBackend::with_string(&mut buffer, size).into_drawing_area() };
    canvas.rect((0.0, 0.0), (width, height), theme::PAPER);
    draw(&canvas);
    done(&canvas.root.present());
    drop(canvas);
    svg::finish(&buffer, words, (width, height))
}

impl Canvas<'_> {
    /// A line of text, centred on the height of its point.
    pub(super) fn text(&self, at: Point, anchor: Anchor, kind: Type, ink: Ink, text: &str) {
        let horizontal = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let colour = ink.rgb();
        let style =
            TextStyle::from(kind.font()).color(&colour).pos(Pos::new(horizontal, VPos::Center));
        done(&self.root.draw(&Text::new(text.to_owned(), unit(at), style)));
    }

    /// A filled rectangle between two corners.
    pub(super) fn rect(&self, from: Point, to: Point, ink: Ink) {
        done(&self.root.draw(&Rectangle::new([unit(from), unit(to)], ink.rgb().filled())));
    }

    /// A filled circle around a point.
    pub(super) fn dot(&self, at: Point, radius: f64, ink: Ink) {
        done(&self.root.draw(&Circle::new(unit(at), fine(radius), ink.rgb().filled())));
    }

    /// A thin straight line.
    pub(super) fn rule(&self, from: Point, to: Point, ink: Ink) {
        let style = ShapeStyle::from(ink.rgb()).stroke_width(svg::RULE);
        done(&self.root.draw(&PathElement::new(vec![unit(from), unit(to)], style)));
    }

    /// A line through points, dashed as the series is.
    pub(super) fn line(&self, points: &[Point], series: Series) {
        let style = ShapeStyle::from(series.line.rgb()).stroke_width(svg::line_width(series));
        let path = slim(points);
        if path.len() > 1 {
            done(&self.root.draw(&PathElement::new(path, style)));
        }
    }

    /// A filled outline; `opacity` below one lets the grid shine through.
    pub(super) fn area(&self, outline: &[Point], ink: Ink, opacity: f64) {
        let path = slim(outline);
        if path.len() > 2 {
            done(&self.root.draw(&Polygon::new(path, ink.rgb().mix(opacity).filled())));
        }
    }
}

/// Drawing into memory needs no device; what can fail is the font, and it is part of the program.
fn done<E: std::error::Error>(drawn: &Result<(), E>) {
    assert!(drawn.is_ok(), "drawing into memory failed: {drawn:?}");
}

/// Makes the font known to plotters, once.
fn ready_font() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        for (bytes, style) in FONT_BYTES.into_iter().zip([FontStyle::Normal, FontStyle::Bold]) {
            let known = register_font(FONT, style, bytes).is_ok();
            assert!(known, "the font that is part of the program cannot be parsed");
        }
    });
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a picture is some thousand units wide; the cast saturates"
)]
fn fine(pixels: f64) -> i32 {
    (pixels * FINE).round() as i32
}

fn unit((x, y): Point) -> (i32, i32) {
    (fine(x), fine(y))
}

/// The points in canvas units without those that no eye can tell: repeated ones, and those in the
/// middle of a straight line.
fn slim(points: &[Point]) -> Vec<(i32, i32)> {
    let mut path: Vec<(i32, i32)> = Vec::with_capacity(points.len());
    for point in points.iter().copied().map(unit) {
        if path.last() == Some(&point) {
            continue;
        }
        if let [.., a, b] = path.as_slice() {
            let (ax, ay) = (i64::from(b.0 - a.0), i64::from(b.1 - a.1));
            let (bx, by) = (i64::from(point.0 - b.0), i64::from(point.1 - b.1));
            let straight = ax * by == ay * bx && ax * bx >= 0 && ay * by >= 0;
            if straight {
                path.pop();
            }
        }
        path.push(point);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_straight_line_are_left_out_and_corners_kept() {
        let points = [(0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 5.0), (2.0, 1.0)];
        assert_eq!(slim(&points), [(0, 0), (8, 0), (8, 20), (8, 4)]);
    }

    #[test]
    fn text_has_a_width() {
        let regular = Type::regular(16.0);
        assert!((130.0..165.0).contains(&regular.width("without the amnesty")));
        assert!(Type::bold(16.0).width("orgs") > regular.width("orgs"));
    }
}
