//! Colours, dashes and type of the charts.
//!
//! Series take the colours of Okabe and Ito (2008), which people with any colour vision can tell
//! apart; dashes and labels say the same once more. Each colour has a twin for dark pages: the SVG
//! carries the light one in its attributes and swaps it in a style sheet.

use std::fmt::Write as _;

use plotters::style::RGBColor;

/// A colour on light paper and its twin on dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink {
    light: u32,
    dark: u32,
}

impl Ink {
    const fn new(light: u32, dark: u32) -> Self {
        Self { light, dark }
    }

    /// The light colour, for plotters.
    pub(super) fn rgb(self) -> RGBColor {
        let [_, red, green, blue] = self.light.to_be_bytes();
        RGBColor(red, green, blue)
    }

    /// The colour as plotters writes it.
    pub(super) fn hex(self) -> String {
        format!("#{:06X}", self.light)
    }
}

pub(super) const PAPER: Ink = Ink::new(0x00FF_FFFF, 0x000D_1117);
pub(super) const TEXT: Ink = Ink::new(0x001F_2328, 0x00E6_EDF3);
pub(super) const MUTED: Ink = Ink::new(0x0057_606A, 0x009D_A7B3);
pub(super) const GRID: Ink = Ink::new(0x00E4_E7EB, 0x0026_2C36);
pub(super) const AXIS: Ink = Ink::new(0x008C_959F, 0x006E_7681);
/// Shade of a phase of the incident, and the bar that names it.
pub(super) const PHASE: Ink = Ink::new(0x00FB_E4D8, 0x003D_2216);
pub(super) const PHASE_BAR: Ink = Ink::new(0x00C8_4B00, 0x00F0_883E);
/// Shade of an amnesty, and the bar that names it.
pub(super) const AMNESTY: Ink = Ink::new(0x00DD_EEF8, 0x0012_2D42);
pub(super) const AMNESTY_BAR: Ink = Ink::new(0x0000_659E, 0x0058_A6E0);

/// Words on a bright bar: dark on any page.
pub(super) const ON_BRIGHT: Ink = Ink::new(0x001F_2329, 0x0014_181E);

/// What a line or an area is drawn with: its colour, a darker one for its label, its dash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Series {
    /// Colour of the line.
    pub(super) line: Ink,
    /// Colour of words about it: the same hue with enough contrast for text.
    pub(super) words: Ink,
    /// Which of [`DASHES`] it has.
    pub(super) dash: usize,
}

/// `stroke-dasharray` in canvas units; empty for a solid line.
pub(super) const DASHES: [&str; 6] =
    ["", "44 14", "14 14", "44 14 12 14", "80 20", "28 10 10 10 10 10"];

const SERIES: [Series; 6] = [
    Series {
        line: Ink::new(0x00D5_5E00, 0x00F0_7F2A),
        words: Ink::new(0x00B3_4D00, 0x00F5_944B),
        dash: 0,
    },
    Series {
        line: Ink::new(0x0000_72B2, 0x004A_A8E0),
        words: Ink::new(0x0000_66A1, 0x006C_BBEA),
        dash: 1,
    },
    Series {
        line: Ink::new(0x0000_9E73, 0x002F_C498),
        words: Ink::new(0x0000_7757, 0x004C_D1A9),
        dash: 2,
    },
    Series {
        line: Ink::new(0x00CC_79A7, 0x00DE_96BE),
        words: Ink::new(0x00A0_4578, 0x00E6_A8CA),
        dash: 3,
    },
    Series {
        line: Ink::new(0x00E6_9F00, 0x00F0_B837),
        words: Ink::new(0x008F_6300, 0x00F3_C458),
        dash: 4,
    },
    Series {
        line: Ink::new(0x0056_B4E9, 0x007C_C8F2),
        words: Ink::new(0x001D_78AC, 0x0093_D2F5),
        dash: 5,
    },
];

/// The look of the arm at `place` in the scenario. After six arms the looks repeat.
pub(super) fn arm(place: usize) -> Series {
    SERIES[place % SERIES.len()]
}

/// Median, 90th and 99th percentile: one hue in three strengths, no arm's.
pub(super) const QUANTILES: [Series; 3] = [
    Series {
        line: Ink::new(0x0045_2A63, 0x00D6_BEEE),
        words: Ink::new(0x0045_2A64, 0x00D6_BEEF),
        dash: 0,
    },
    Series {
        line: Ink::new(0x007A_55A0, 0x00AE_8BD6),
        words: Ink::new(0x006E_4994, 0x00B8_99DC),
        dash: 1,
    },
    Series {
        line: Ink::new(0x00A6_87C6, 0x0087_68AE),
        words: Ink::new(0x007E_5CA3, 0x009F_80C6),
        dash: 2,
    },
];

/// A target: no arm's.
pub(super) const TARGET: Series = Series { line: AXIS, words: TEXT, dash: 1 };

/// Fates of attempts and orgs.
pub(super) const GOOD: Ink = Ink::new(0x009F_C9E3, 0x002B_5D80);
pub(super) const REFUSED: Ink = Ink::new(0x00D5_5E01, 0x00F0_7F2B);
pub(super) const TIMED_OUT: Ink = Ink::new(0x00E6_9F01, 0x00D9_A021);
pub(super) const TIMEOUT: Ink = Ink::new(0x008F_6301, 0x00F3_C459);
pub(super) const FAILED: Ink = Ink::new(0x006B_4C7A, 0x00B0_92C4);
pub(super) const HIT: Ink = Ink::new(0x005B_6570, 0x008B_95A1);
pub(super) const RETRY: Ink = Ink::new(0x009F_C9E4, 0x002B_5D81);
pub(super) const GRACE: Ink = Ink::new(0x0000_9E74, 0x002F_C499);
pub(super) const SAVED: Ink = Ink::new(0x0000_72B3, 0x004A_A8E1);
pub(super) const PERSON: Ink = Ink::new(0x00E6_9F02, 0x00F0_B838);
pub(super) const NEVER: Ink = Ink::new(0x00D5_5E02, 0x00F0_7F2C);

/// From least to most: lightness falls in equal steps (in Oklab), so any colour vision, and a grey print,
/// sees the order. On a dark page the ramp runs the other way, from dark to light.
pub(super) const RAMP: [Ink; 13] = [
    Ink::new(0x00FF_F9E5, 0x0035_184A),
    Ink::new(0x00FB_E3AB, 0x0050_2152),
    Ink::new(0x00F6_CD6F, 0x006D_2759),
    Ink::new(0x00F1_B25A, 0x008A_3258),
    Ink::new(0x00EB_9745, 0x00A6_3E4E),
    Ink::new(0x00E1_7D3C, 0x00C3_4A3F),
    Ink::new(0x00D2_643F, 0x00D2_643F),
    Ink::new(0x00C3_4A3F, 0x00E1_7D3C),
    Ink::new(0x00A6_3E4E, 0x00EB_9745),
    Ink::new(0x008A_3258, 0x00F1_B25A),
    Ink::new(0x006D_2759, 0x00F6_CD6F),
    Ink::new(0x0050_2152, 0x00FB_E3AB),
    Ink::new(0x0035_184A, 0x00FF_F9E5),
];

/// Words on a cell of the ramp: on its lower and on its upper half.
const ON_RAMP: [Ink; 2] = [Ink::new(0x001A_1416, 0x00FF_FFFD), Ink::new(0x00FF_FFFE, 0x001A_1417)];

/// Words on step `step` of the ramp.
pub(super) fn on_ramp(step: usize) -> Ink {
    ON_RAMP[usize::from(step > RAMP.len() / 2)]
}

/// The rules that swap the ramp on a dark page, for pictures that have it.
pub(super) fn ramp_dark_mode() -> String {
    format!("@media (prefers-color-scheme:dark){{{}}}", rules(RAMP.into_iter().chain(ON_RAMP)))
}

/// The style sheet that swaps every colour on a dark page.
pub(crate) fn dark_mode() -> String {
    let inks = [
        PAPER,
        ON_BRIGHT,
        TEXT,
        MUTED,
        GRID,
        AXIS,
        PHASE,
        PHASE_BAR,
        AMNESTY,
        AMNESTY_BAR,
        GOOD,
        REFUSED,
        TIMED_OUT,
        TIMEOUT,
        FAILED,
        HIT,
        RETRY,
        GRACE,
        SAVED,
        PERSON,
        NEVER,
    ];
    let series = SERIES.iter().chain(&QUANTILES).flat_map(|series| [series.line, series.words]);
    format!("@media (prefers-color-scheme:dark){{{}}}", rules(inks.into_iter().chain(series)))
}

fn rules(inks: impl Iterator<Item = Ink>) -> String {
    inks.fold(String::new(), |mut rules, ink| {
        let (light, dark) = (ink.hex(), ink.dark);
        // Writing to a String cannot fail.
        let _ = write!(
            rules,
            "[fill=\"{light}\"]{{fill:#{dark:06X}}}[stroke=\"{light}\"]{{stroke:#{dark:06X}}}"
        );
        rules
    })
}

/// Sizes of type in pixels.
pub(super) mod size {
    /// The title: the finding.
    pub(in crate::report::chart) const TITLE: f64 = 23.0;
    /// The subtitle: what is drawn, and its unit.
    pub(in crate::report::chart) const SUBTITLE: f64 = 15.5;
    /// Labels of lines and panels.
    pub(in crate::report::chart) const LABEL: f64 = 16.5;
    /// Ticks and notes.
    pub(in crate::report::chart) const TICK: f64 = 14.5;
}
