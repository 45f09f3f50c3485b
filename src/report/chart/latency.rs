//! What clients wait, on a logarithmic scale, with the timeouts at which they give up; and below, the
//! share that gave up. Percentiles of successful requests alone would hide the failure.

use crate::experiment::results::{Results, Summary, TimelineRow, TimeoutMark};
use crate::report::chart::axis::{decades, instants, shares};
use crate::report::chart::canvas::{Anchor, Canvas, Type, picture};
use crate::report::chart::ends::{End, Ends};
use crate::report::chart::group::{Group, groups};
use crate::report::chart::header::{Header, MARGIN, WIDTH};
use crate::report::chart::panel::{Frame, Panel, Scale, unbroken};
use crate::report::chart::theme::{self, size};
use crate::report::chart::windows::{Named, Strip, named, shade};
use crate::report::chart::{Chart, nothing, svg};
use crate::report::clock::Clock;
use crate::report::rank::Drawn;
use crate::report::words::{brief_place, duration, list, place, share, shortened};

const NAME: &str = "latency";
const READING: &str = "The upper lines are what the median, the slowest tenth and the slowest hundredth of attempts waited, an attempt given up counting as long as its client waited; the lower area is the share given up.";
const NUMBERS: f64 = 62.0;
const TICKS: f64 = 48.0;
/// Heights of the band of timeouts and of the space above it.
const BAND: f64 = 58.0;
const BAND_HEAD: f64 = 34.0;
const HEAD: Type = Type::bold(size::LABEL);
const NOTE: Type = Type::regular(size::TICK);

/// A quantile: its words, and where it stands in a row.
type Quantile = (&'static str, fn(&TimelineRow) -> Option<f64>);

const QUANTILES: [Quantile; 3] = [
    ("median", |row| row.client_p50),
    ("p90", |row| row.client_p90),
    ("p99", |row| row.client_p99),
];

/// The chart.
pub(super) fn chart(results: &Results, drawn: &Drawn<'_>) -> Chart {
    let summary = &results.summary;
    let x = summary.focus.unwrap_or([0.0, summary.duration_seconds]);
    let all = groups(results, x, alike);
    let mut rows = all.iter().flat_map(|group| &group.rows);
    let measured = rows.any(|row| row.client_p50.is_some());
    if !measured {
        let because = "No refresh attempt ended in the time that this chart shows.";
        return nothing(NAME, READING, "No latency was measured", because);
    }
    let title = title(&all);
    let groups = groups(&drawn.results, x, alike);
    let alt = alt(drawn, &title);
    let svg = draw(drawn, &groups, x, &title, &alt);
    Chart { name: NAME, title, alt, reading: READING, left_out: drawn.left_out(), svg }
}

/// The share of a bin's attempts that clients gave up on; 0 in an empty bin.
fn timed_out(row: &TimelineRow) -> f64 {
    let all = row.stored + row.refused + row.timed_out + row.failed;
    if all > 0.0 { row.timed_out / all } else { 0.0 }
}

/// Whether two bins look alike: quantiles within a twentieth, and as many given up.
fn alike(row: &TimelineRow, other: &TimelineRow) -> bool {
    let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 0.05 * a.max(b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let gave_up = (timed_out(row) - timed_out(other)).abs();
    gave_up <= 0.02 && QUANTILES.iter().all(|(_, of)| near(of(row), of(other)))
}

fn peak(group: &Group<'_>, of: impl Fn(&TimelineRow) -> f64) -> f64 {
    group.rows.iter().map(|row| of(row)).fold(0.0, f64::max)
}

/// The worst wait and the worst share given up, each with the arm that it is found in where arms
/// differ.
fn title(groups: &[Group<'_>]) -> String {
    let worst = |of: fn(&TimelineRow) -> f64| {
        let peaks = groups.iter().map(|group| (group, peak(group, of)));
        peaks.reduce(|worst, next| if next.1 > worst.1 { next } else { worst })
    };
    let (Some((slow, wait)), Some((lossy, share_lost))) =
        (worst(|row| row.client_p50.unwrap_or(0.0)), worst(timed_out))
    else {
        return String::new();
    };
    let place = |group: &Group<'_>| brief_place(&group.arms[0].name);
    let (of_wait, of_loss) = match groups {
        [_] => (String::new(), String::new()),
        _ if std::ptr::eq(slow, lossy) => (String::new(), format!(", both {}", place(slow))),
        _ => (format!(" {}", place(slow)), format!(" {}", place(lossy))),
    };
    let wait = duration(wait);
    if share_lost > 0.0 {
        let lost = share(share_lost);
        format!(
            "At worst half of the refreshes take {wait} or more{of_wait}, and clients give up on {lost}{of_loss}"
        )
    } else {
        format!(
            "At worst half of the refreshes take {wait} or more{of_wait}, and no client gives up"
        )
    }
}

fn alt(drawn: &Drawn<'_>, title: &str) -> String {
    let summary = &drawn.results.summary;
    let arms: Vec<String> = summary
        .arms
        .iter()
        .map(|arm| {
            let latency = &arm.total.latency;
            format!(
                "{} the median is {}, the 99th percentile {}, and {} timed out",
                place(&arm.name),
                duration(latency.client.p50),
                duration(latency.client.p99),
                share(latency.timed_out_share)
            )
        })
        .collect();
    format!(
        "Line chart of client-side latency, logarithmic, and the share of attempts that timed out. {title}. Over the whole run, {}.{}",
        arms.join("; "),
        drawn.further()
    )
}

/// What all panels have in common.
struct Sheet<'r> {
    summary: &'r Summary,
    groups: &'r [Group<'r>],
    x: [f64; 2],
    range: [f64; 2],
    most_timed_out: f64,
    /// Those of each panel's arms.
    windows: Vec<Vec<Named>>,
    ends: Ends,
}

fn draw(drawn: &Drawn<'_>, groups: &[Group<'_>], x: [f64; 2], title: &str, alt: &str) -> String {
    let summary = &drawn.results.summary;
    let note = match (summary.arms.len(), groups.len()) {
        (2.., 1) if drawn.are_all() => "; alike in every arm",
        (2.., 1) => "; alike in every arm drawn",
        _ => "",
    };
    let subtitle = format!(
        "Wait of clients for a refresh, as they see it{note}; times in UTC{}",
        drawn.note()
    );
    let head = Header::new(title, &subtitle);
    let all = named(summary);
    let sheet = Sheet {
        summary,
        groups,
        x,
        range: range(summary, groups),
        most_timed_out: groups.iter().map(|group| peak(group, timed_out)).fold(0.0, f64::max),
        windows: groups.iter().map(|group| group.windows(&all)).collect(),
        ends: Ends::new(ends()),
    };
    let frames = sheet.frames(head.height());
    let bottom = frames.iter().map(|frame| frame.bottom).fold(0.0, f64::max);
    let words = svg::Words { name: NAME, title, alt };
    picture(words, (WIDTH, bottom + BAND_HEAD + BAND + TICKS), |canvas| {
        head.draw(canvas);
        for (panel, frame) in frames.into_iter().enumerate() {
            sheet.waits(canvas, panel, frame);
            sheet.given_up(canvas, panel, frame);
        }
    })
}

/// The seconds at the lower and the upper edge: a power of ten below all, and above all timeouts.
fn range(summary: &Summary, groups: &[Group<'_>]) -> [f64; 2] {
    let rows = || groups.iter().flat_map(|group| &group.rows);
    let values = || rows().flat_map(|row| QUANTILES.iter().filter_map(|(_, of)| of(row)));
    let timeouts = summary.client_timeouts.iter().map(|mark| mark.seconds);
    let highest = timeouts.chain(values()).fold(1e-4, f64::max);
    let lowest = values().filter(|value| *value > 0.0).fold(highest / 10.0, f64::min);
    // Above the highest timeout there is room for its name.
    let above = if groups.len() == 1 { 2.2 } else { 3.0 };
    [10_f64.powf(lowest.log10().floor()), highest * above]
}

fn ends() -> Vec<End> {
    QUANTILES
        .iter()
        .zip(theme::QUANTILES)
        .map(|((words, _), series)| End { name: (*words).to_owned(), value: String::new(), series })
        .collect()
}

impl Sheet<'_> {
    fn strip(&self, panel: usize, across: [f64; 2]) -> Strip<'_> {
        Strip::new(&self.windows[panel], self.x, across)
    }

    /// The upper frame of each panel: one alone, else two to a line.
    fn frames(&self, top: f64) -> Vec<Frame> {
        let panels = self.groups.len();
        let (columns, plot, heading) = if panels == 1 { (1, 240.0, 0.0) } else { (2, 150.0, 26.0) };
        let gap = if panels == 1 { 0.0 } else { NUMBERS + 10.0 };
        let left = MARGIN + NUMBERS;
        let column = (WIDTH - left - MARGIN + gap) / columns as f64;
        let width = column - gap - self.ends.room();
        let strips = (0..panels).map(|panel| self.strip(panel, [left, left + width]).height());
        let above = heading + strips.fold(0.0, f64::max);
        let height = above + plot + BAND_HEAD + BAND + TICKS + 16.0;
        (0..panels)
            .map(|panel| {
                let top = top + (panel / columns) as f64 * height + above;
                let left = left + (panel % columns) as f64 * column;
                Frame { left, right: left + width, top, bottom: top + plot }
            })
            .collect()
    }

    fn waits(&self, canvas: &Canvas<'_>, place: usize, frame: Frame) {
        let [min, max] = self.range;
        let rows = &self.groups[place].rows;
        let panel = Panel::new(canvas, frame, self.x, Scale::Log { min, max });
        shade(&panel, &self.windows[place]);
        let strip = self.strip(place, [frame.left, frame.right]);
        strip.draw(canvas, frame.top);
        if self.groups.len() > 1 {
            let heading = self.groups[place].heading();
            let heading = shortened(&heading, frame.width(), |text| HEAD.width(text));
            let y = frame.top - strip.height() - 16.0;
            canvas.text((frame.left, y), Anchor::Start, HEAD, theme::TEXT, &heading);
        }
        panel.grid(&decades(min, max), true);
        canvas.rule((frame.left, frame.bottom), (frame.right, frame.bottom), theme::AXIS);
        self.timeouts(canvas, &panel);
        let mut heights = Vec::new();
        for ((_, of), series) in QUANTILES.iter().zip(theme::QUANTILES) {
            let middle = |row: &&TimelineRow| f64::midpoint(row.from_seconds, row.until_seconds);
            let runs = unbroken(rows.iter().map(|row| (middle(row), of(row))));
            let last = runs.last().and_then(|run| run.last()).map_or(min, |last| last.1);
            heights.push(panel.up(last));
            for run in runs {
                panel.line(&run, series);
            }
        }
        self.ends.draw(canvas, frame, &heights);
    }

    /// A line for each client timeout, named where the name does not meet the next line.
    fn timeouts(&self, canvas: &Canvas<'_>, panel: &Panel<'_, '_>) {
        let Frame { left, right, .. } = panel.frame;
        let marks = &self.summary.client_timeouts;
        for (place, mark) in marks.iter().enumerate() {
            let y = panel.up(mark.seconds);
            canvas.rule((left, y), (right, y), theme::TIMEOUT);
            let next = marks.get(place + 1).map(|next| panel.up(next.seconds));
            if next.is_none_or(|next| next <= y - 20.0) {
                let name = timeout_name(mark, (right - left) * 0.46);
                let at = (right - 6.0, y - 10.0);
                canvas.text(at, Anchor::End, NOTE, theme::TIMEOUT, &name);
            }
        }
    }

    fn given_up(&self, canvas: &Canvas<'_>, place: usize, above: Frame) {
        let top = above.bottom + BAND_HEAD;
        let frame = Frame { top, bottom: top + BAND, ..above };
        let ticks = shares(self.most_timed_out, 2.0);
        let panel = Panel::new(canvas, frame, self.x, Scale::up_to(&ticks));
        shade(&panel, &self.windows[place]);
        let words = "Share of attempts given up";
        canvas.text((frame.left, top - 13.0), Anchor::Start, HEAD, theme::TEXT, words);
        panel.grid(&ticks, true);
        let edges = self.groups[place].rows.iter().flat_map(|row| {
            let height = row.client_p50.map(|_| timed_out(row));
            [(row.from_seconds, height), (row.until_seconds, height)]
        });
        for run in unbroken(edges) {
            panel.hill(&run, theme::TIMED_OUT);
        }
        if peak(&self.groups[place], timed_out) <= 0.0 {
            let middle = (panel.across(f64::midpoint(self.x[0], self.x[1])), top + BAND / 2.0);
            canvas.text(middle, Anchor::Middle, NOTE, theme::MUTED, "none at any time");
        }
        let clock = Clock::starting(&self.summary.start);
        panel.horizontal_axis(&instants(clock, self.x[0], self.x[1], frame.width() / 62.0));
    }
}

/// A timeout in as many words as fit.
fn timeout_name(mark: &TimeoutMark, room: f64) -> String {
    let (seconds, cohorts) = (duration(mark.seconds), list(&mark.cohorts));
    let names = [
        format!("give up after {seconds}: {cohorts}"),
        format!("{seconds}: {cohorts}"),
        format!("give up after {seconds}"),
    ];
    names.into_iter().find(|name| NOTE.width(name) <= room).unwrap_or(seconds)
}
