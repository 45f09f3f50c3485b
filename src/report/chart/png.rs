//! PNG from SVG, by resvg with the program's own font.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::report::chart::canvas::{FONT, FONT_BYTES};

/// No side of a picture has more pixels than this: it would take hundreds of megabytes to draw.
const SIDE_MAX: f32 = 8_192.0;

/// Why an SVG does not become a PNG.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The text is no SVG that resvg understands.
    #[error("this is no SVG: {0}")]
    NotSvg(String),
    /// The picture would have no pixels.
    #[error("a picture of {width} × {height} pixels cannot be made: each side takes at least one")]
    Size {
        /// Its width.
        width: f32,
        /// Its height.
        height: f32,
    },
    /// The pixels cannot be encoded.
    #[error("the pixels cannot be encoded: {0}")]
    Encoding(String),
}

/// The picture as a PNG, `width` pixels wide; less where a side would take more than 8,192 pixels, so that
/// a picture of any shape can be had. Twice the width of the SVG suits a README.
///
/// # Errors
/// [`PngError`] if the text is no SVG, or the size no size.
pub fn png(svg: &str, width: u32) -> Result<Vec<u8>, PngError> {
    let tree =
        Tree::from_str(svg, &options()).map_err(|error| PngError::NotSvg(error.to_string()))?;
    let size = tree.size();
    let scale =
        (width as f32 / size.width()).min(SIDE_MAX / size.width()).min(SIDE_MAX / size.height());
    // Whole pixels: of the width it is what was asked for, up to the rounding of the scale.
    let side = |length: f32| (length * scale - 1e-3).ceil().min(SIDE_MAX);
    let (width, height) = (side(size.width()), side(size.height()));
    let refused = || PngError::Size { width, height };
    if width < 1.0 || height < 1.0 {
        return Err(refused());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between 1 and SIDE_MAX"
    )]
    let mut pixels = Pixmap::new(width as u32, height as u32).ok_or_else(refused)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PngError::Encoding(error.to_string()))
}

/// Options whose only font is the program's: the same pixels on a machine without any font.
fn options() -> Options<'static> {
    let mut fonts = fontdb::Database::new();
    for bytes in FONT_BYTES {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
    }
    fonts.set_sans_serif_family(FONT);
    Options { font_family: FONT.to_owned(), fontdb: Arc::new(fonts), ..Options::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_drawn_says_why() {
        let square = r#"<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>"#;
        for (svg, width, why) in [("<p/>", 10, "this is no SVG"), (square, 0, "cannot be made")] {
            let error = png(svg, width).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(png(square, 16).unwrap().starts_with(b"\x89PNG"));
    }

    fn sides(png: &[u8]) -> [u32; 2] {
        [16, 20].map(|at| u32::from_be_bytes([0, 1, 2, 3].map(|byte| png[at + byte])))
    }

    /// Sixty panels one below the other once failed with "a picture of 1600 × 9134 pixels".
    #[test]
    fn pictures_of_any_shape_are_made_as_large_as_can_be() {
        for (width, height, sides_of_png) in [
            (800, 4_567, [1_435, 8_192]),
            (800, 4_096, [1_600, 8_192]),
            (800, 100, [1_600, 200]),
            (10, 100_000, [1, 8_192]),
            (100_000, 10, [1_600, 1]),
        ] {
            let svg = format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"/>"#
            );
            assert_eq!(sides(&png(&svg, 1_600).unwrap()), sides_of_png, "{width} × {height}");
        }
    }
}
