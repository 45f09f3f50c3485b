//! Finishing touches on plotters' SVG: a quarter of the size, alt text, dashes, dark mode, fonts.

use crate::base::text::shown_lines;
use crate::report::chart::canvas::FONT;
use crate::report::chart::theme::{self, Series};

/// Stroke width of rules, in canvas units.
pub(super) const RULE: u32 = 4;
/// Stroke width of data lines, in canvas units; each dash adds its number, which tells them apart.
const LINE: u32 = 10;

/// The name under which the SVG knows a wide font, made as narrow as the one its text is measured in.
const WIDE: &str = "Narrowed";
/// A picture is shown where Inter is not: in a README, as an image, which may load no font. Helvetica and
/// Arial (and Liberation Sans in their stead) are narrower than Inter. Where there is but `DejaVu` Sans,
/// whose regular letters are 8 % wider than Inter's and whose bold ones 17 %, it is drawn smaller by as much.
const NARROWED: &str = "@font-face{font-family:Narrowed;font-weight:400;\
src:local(\"DejaVu Sans\"),local(\"DejaVuSans\");size-adjust:92%}\
@font-face{font-family:Narrowed;font-weight:600;\
src:local(\"DejaVu Sans Bold\"),local(\"DejaVuSans-Bold\");size-adjust:82%}";

/// What a picture says in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    /// Name of the chart; makes ids unique in a page.
    pub(super) name: &'a str,
    /// The finding.
    pub(super) title: &'a str,
    /// The finding in words and numbers, for those who do not see the picture.
    pub(super) alt: &'a str,
}

/// The stroke width that stands for a series' dash until [`finish`] writes the dash itself.
pub(super) fn line_width(series: Series) -> u32 {
    LINE + u32::try_from(series.dash).unwrap_or(0) * 100
}

/// The finished SVG.
pub(super) fn finish(drawn: &str, words: Words<'_>, (width, height): (f64, f64)) -> String {
    let body = drawn.split_once('\n').map_or("", |(_, body)| body);
    let Words { name, title, alt } = words;
    let ramp = theme::RAMP.iter().any(|ink| body.contains(&ink.hex()));
    let ramp = if ramp { theme::ramp_dark_mode() } else { String::new() };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\" \
         font-family=\"{FONT}, Helvetica, Arial, '{WIDE}', sans-serif\">\n\
         <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>\n\
         <style>{NARROWED}{}{ramp}</style>\n",
        width * 4.0,
        height * 4.0,
        escaped(title),
        escaped(alt),
        theme::dark_mode(),
    );
    out.push_str(&lighter(body));
    out
}

/// plotters' elements without what is said once at the top, and with dashes.
fn lighter(body: &str) -> String {
    let mut out = body
        .replace(&format!(" font-family=\"{FONT}\""), "")
        .replace(" font-weight=\"bold\"", " font-weight=\"600\"")
        .replace(" opacity=\"1\"", "")
        .replace(" text-anchor=\"start\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" \"/>", "\"/>")
        .replace("\n</text>", "</text>");
    for (place, dash) in (0_u32..).zip(theme::DASHES) {
        let dashed = match dash {
            "" => format!(" stroke-width=\"{LINE}\" stroke-linejoin=\"round\""),
            dash => format!(
                " stroke-width=\"{LINE}\" stroke-linejoin=\"round\" stroke-dasharray=\"{dash}\""
            ),
        };
        out = out.replace(&format!(" stroke-width=\"{}\"", LINE + place * 100), &dashed);
    }
    // plotters breaks the line after an opening tag; inside of text that would be a space.
    let mut joined = String::with_capacity(out.len());
    for line in out.lines() {
        joined.push_str(line);
        if !line.starts_with("<text") || line.ends_with("</text>") {
            joined.push('\n');
        }
    }
    joined
}

/// The SVG without its own style sheet, for a page that has [`theme::dark_mode`] in its head.
pub(crate) fn inline(svg: &str) -> String {
    match (svg.split_once("<style>"), svg.split_once("</style>\n")) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        (_, _) => svg.to_owned(),
    }
}

/// `text` with what XML would take for markup escaped, and what nobody could see written out.
pub(crate) fn escaped(text: &str) -> String {
    shown_lines(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
