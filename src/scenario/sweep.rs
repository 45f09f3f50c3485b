//! A sweep: one scenario, and in each cell another value at one path or two.
//!
//! ```text
//!  --over PATH=V1,V2 ─┐
//!  sweep.over ────────┴► axes ──every combination──► tree with the values set ──► Plan, a cell each
//! ```
//!
//! Each cell is checked as if its values had been given with `--set`; all errors of all cells are found
//! at once, and one that hits only some cells names the first value that causes it.

mod axis;
mod values;

use std::path::Path;

pub use self::axis::{Axis, AxisKind, AxisValue};
use self::axis::{Written, argument};
use super::change::{change, expand_policy};
use super::diagnostic::Diagnostics;
use super::expect;
use super::finding::{Finding, Sink};
use super::load::{Overrides, arm_names, changed_tree, checked, plan, select_arms};
use super::plan::{Expectation, Metric, Plan, Term};
use super::read::Reader;
use super::resolve::digest;
use super::source::{Sources, Span};
use super::tree::{BYTES_MAX, Entry, Node, read_text};

/// Parts of a scenario that a sweep can vary.
pub(super) const SWEEPABLE: [&str; 8] =
    ["server", "swarm", "incident", "client_defaults", "clients", "arms", "clock", "seed"];

/// The most dimensions: what a table and a picture can show.
const AXES_MAX: usize = 2;
/// The most values of one dimension.
pub(super) const VALUES_MAX: usize = 100;
/// The most cells.
const CELLS_MAX: usize = 2_500;

/// What the command line asks of a sweep; what it leaves out the scenario itself may say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepRequest {
    /// `PATH=V1,V2` arguments, one a dimension.
    pub over: Vec<String>,
    /// `metric`, `metric(arm)` or `metric(arm, cohort)`.
    pub show: Option<String>,
    /// An expectation that each value is held against.
    pub target: Option<String>,
}

/// A sweep after every check.
#[derive(Debug, Clone)]
pub struct SweepPlan {
    /// Name of the scenario.
    pub name: String,
    /// What the sweep, or else the scenario, is about.
    pub about: String,
    /// The dimensions, one or two.
    pub axes: Vec<Axis>,
    /// A plan for each combination of values; those of the last dimension change fastest. All have
    /// the same arms and cohorts.
    pub cells: Vec<Plan>,
    /// What is shown.
    pub shown: Term,
    /// What each value is held against. With two dimensions there is none.
    pub target: Option<Expectation>,
    /// SHA-256 over the digests of the cells, in hex.
    pub digest: String,
}

/// What is to be shown: a metric, perhaps of one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What is measured.
    pub metric: Metric,
    /// The arm to be spoken of.
    pub arm: Option<String>,
    /// Name of the cohort; `None` for all orgs.
    pub cohort: Option<String>,
}

impl Shown {
    fn of(term: &Term) -> Self {
        Self { metric: term.metric, arm: Some(term.arm.clone()), cohort: term.cohort.clone() }
    }
}

/// Reads the scenario at `path`, sets every combination of values in it, and checks each.
///
/// # Errors
/// [`Diagnostics`]: everything that is wrong with the scenario, the request or any cell, at once.
pub fn load_sweep(
    path: &Path,
    overrides: &Overrides,
    request: &SweepRequest,
) -> Result<SweepPlan, Diagnostics> {
    let name = path.display().to_string();
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let text = read_text(path, BYTES_MAX);
    checked(&name, text, (&folder, &overrides.allowed), |sources, sink, text| {
        let tree = changed_tree(sources, sink, &name, text, &folder, overrides)?;
        sweep(&tree, sources, sink, overrides, request)
    })
}

/// Reports what is wrong with the section `sweep` of `tree`, as far as can be told without its cells.
pub(super) fn check_section(tree: &Node, arms: &[String], reader: &mut Reader<'_>) {
    let Some(section) = tree.get("sweep").filter(|section| section.entries().is_some()) else {
        return;
    };
    if let Some(axes) = written(over(section), reader) {
        for axis in axes {
            axis.sorted(reader);
        }
    }
    if let Some(show) = section.get("show").filter(|show| !show.is_null()) {
        expect::shown(show, tree, arms, reader);
    }
}

fn sweep(
    tree: &Node,
    sources: &mut Sources,
    sink: &mut Sink,
    overrides: &Overrides,
    request: &SweepRequest,
) -> Option<SweepPlan> {
    let arguments: Vec<_> =
        request.over.iter().map(|over| Written::argument(sources, over)).collect();
    let show = request.show.as_ref().map(|text| argument(sources, "--show", text));
    let target = request.target.as_ref().map(|text| argument(sources, "--target", text));
    let mut reader = Reader { sources, sink, section: None };
    let section = tree.get("sweep");
    let own = section.map(over).unwrap_or_default();
    let axes = if !arguments.is_empty() {
        kept(arguments, &mut reader)
    } else if own.is_empty() {
        reader.report(nothing_to_vary(tree));
        None
    } else {
        written(own, &mut reader)
    };
    // Without dimensions there is one cell, the scenario itself: its errors come in the same go.
    let axes = axes.unwrap_or_default();
    let (written, axes): (Vec<_>, Vec<_>) =
        axes.into_iter().map(|axis| axis.sorted(&mut reader)).unzip();
    let cells = cells(tree, &written, &mut reader, overrides);
    // Names are those of the first cell: a value may bring an arm into being.
    let mut first = tree.clone();
    set(&mut first, written.iter().map(|axis| (axis, 0)), &mut Sink::default());
    let all_arms = arm_names(&first);
    select_arms(&mut first, &overrides.arms);
    let arms = arm_names(&first);
    let place = show.as_ref().or(target.as_ref()).map(|line| line.span);
    let target = match target {
        Some(line) if axes.len() > 1 => {
            let message = "a target needs one dimension: of two values none is the smallest";
            reader.report(Finding::at(line.span, message).help("leave one `--over` out"));
            None
        }
        Some(line) => expect::target(&line, &first, &arms, &mut reader),
        None => None,
    };
    let own = section.and_then(|section| section.get("show")).filter(|show| !show.is_null());
    let place = place.or(own.map(|show| show.span));
    let shown = match (show, &target, own) {
        (Some(show), ..) => expect::shown(&show, &first, &arms, &mut reader),
        (None, Some(target), _) => Some(Shown::of(&target.left)),
        (None, None, Some(show)) => expect::shown(show, &first, &all_arms, &mut reader),
        (None, None, None) => Some(Shown { metric: Metric::NeededPerson, arm: None, cohort: None }),
    };
    let (cells, shown) = (cells?, shown?);
    // A value that takes away what is measured leaves its cell without a figure.
    let metrics = std::iter::once(shown.metric).chain(target.iter().map(|line| line.left.metric));
    let unmeasured = metrics
        .flat_map(|metric| cells.iter().map(move |cell| (metric, cell)))
        .find_map(|(metric, cell)| expect::unmeasured(metric, cell, place.unwrap_or(tree.span)));
    if let Some(finding) = unmeasured {
        reader.report(finding);
        return None;
    }
    let about = section.and_then(|section| section.get("about")).and_then(Node::text);
    let digests: Vec<&str> = cells.iter().map(|cell| cell.digest.as_str()).collect();
    Some(SweepPlan {
        name: cells[0].name.clone(),
        about: about.map_or_else(|| cells[0].about.clone(), str::to_owned),
        digest: digest(&serde_json::json!(digests)),
        shown: Term {
            metric: shown.metric,
            // An arm that was left out cannot be spoken of; the last one stands for it.
            arm: shown.arm.filter(|arm| arms.contains(arm)).or_else(|| arms.last().cloned())?,
            cohort: shown.cohort,
        },
        axes,
        cells,
        target,
    })
}

/// The entries of `over`, if the section has it.
fn over(section: &Node) -> &[Entry] {
    section.get("over").and_then(Node::entries).unwrap_or_default()
}

fn nothing_to_vary(tree: &Node) -> Finding {
    let help = "for example `--over server.amnesty.for=1h,6h,1d`, or a section `sweep` in the file";
    Finding::at(tree.span, "there is nothing to sweep over").help(help)
}

fn written(entries: &[Entry], reader: &mut Reader<'_>) -> Option<Vec<Written>> {
    kept(entries.iter().map(Written::entry).collect(), reader)
}

/// The dimensions, if all of them can be read.
fn kept(axes: Vec<Result<Written, Finding>>, reader: &mut Reader<'_>) -> Option<Vec<Written>> {
    let axes: Vec<_> =
        axes.into_iter().map(|axis| axis.map_err(|finding| reader.report(finding)).ok()).collect();
    let axes = axes.into_iter().collect::<Option<Vec<_>>>()?;
    for (place, axis) in axes.iter().enumerate() {
        if let Some(first) = axes[..place].iter().find(|first| first.name == axis.name) {
            let message = format!("`{}` is varied twice", axis.name);
            let finding = Finding::at(axis.path.span(), message).label("again here");
            reader.report(finding.also(first.path.span(), "first here"));
            return None;
        }
    }
    few_enough(axes, reader)
}

/// Refuses more dimensions and cells than a table can show.
fn few_enough(axes: Vec<Written>, reader: &mut Reader<'_>) -> Option<Vec<Written>> {
    if let Some(one_too_many) = axes.get(AXES_MAX) {
        let message = format!("a sweep has one dimension or two, not {}", axes.len());
        let help = "vary two paths here, and give the others a fixed value with `--set`";
        reader.report(Finding::at(one_too_many.path.span(), message).help(help));
        return None;
    }
    let cells: usize = axes.iter().map(|axis| axis.values.len()).product();
    if cells > CELLS_MAX {
        let message = format!("{cells} cells are too many: a sweep has at most {CELLS_MAX}");
        reader.report(Finding::at(axes[0].path.span(), message));
        return None;
    }
    Some(axes)
}

/// Sets one value of each dimension in `tree`.
fn set<'a>(tree: &mut Node, values: impl Iterator<Item = (&'a Written, usize)>, sink: &mut Sink) {
    for (axis, at) in values {
        if let Err(finding) = change(tree, &axis.path, axis.values[at].clone()) {
            sink.add(finding);
        }
        expand_policy(tree);
    }
}

/// A plan for each combination of values.
fn cells(
    tree: &Node,
    axes: &[Written],
    reader: &mut Reader<'_>,
    overrides: &Overrides,
) -> Option<Vec<Plan>> {
    let counts: Vec<usize> = axes.iter().map(|axis| axis.values.len()).collect();
    let mut errors = Vec::new();
    let mut cells: Vec<Option<Plan>> = Vec::new();
    for cell in 0..counts.iter().product() {
        let at = place(cell, &counts);
        let values = || axes.iter().zip(at.iter().copied());
        let mut tree = tree.clone();
        let mut sink = Sink::default();
        set(&mut tree, values(), &mut sink);
        let plan = plan(tree, reader.sources, &mut sink, overrides);
        let last = values().next_back().map(|(axis, at)| axis.values[at].span);
        if let (Some(Some(first)), Some(plan), Some(span)) = (cells.first(), &plan, last)
            && let Some(message) = another_swarm(first, plan)
        {
            sink.add(Finding::at(span, message));
        }
        errors.push((values().map(|(axis, at)| axis.values[at].span).collect(), sink));
        cells.push(plan);
    }
    report(errors, reader);
    cells.into_iter().collect()
}

/// The values of a cell: those of the last dimension change fastest.
fn place(cell: usize, counts: &[usize]) -> Vec<usize> {
    let mut rest = cell;
    let mut at: Vec<usize> = counts
        .iter()
        .rev()
        .map(|count| {
            let value = rest % count;
            rest /= count;
            value
        })
        .collect();
    at.reverse();
    at
}

/// What makes two cells incomparable.
fn another_swarm(first: &Plan, other: &Plan) -> Option<&'static str> {
    let arms = |plan: &Plan| plan.arms.iter().map(|arm| arm.name.clone()).collect::<Vec<_>>();
    let cohorts = |plan: &Plan| {
        let cohorts = plan.arms[0].world.cohorts.iter();
        cohorts.map(|cohort| cohort.name.clone()).collect::<Vec<_>>()
    };
    if arms(first) != arms(other) {
        Some("this value makes other arms: a sweep compares the same arms in every cell")
    } else if cohorts(first) != cohorts(other) {
        Some("this value makes other cohorts: a sweep compares the same cohorts in every cell")
    } else {
        None
    }
}

/// Reports the errors of all cells, each with the values of its cell; one that not every cell has, and
/// that does not stand in a value, points to a value that brings it about.
fn report(errors: Vec<(Vec<Span>, Sink)>, reader: &mut Reader<'_>) {
    let cells = errors.len();
    let mut found: Vec<(Finding, Vec<Vec<Span>>)> = Vec::new();
    for (values, sink) in errors {
        for finding in sink.into_sorted() {
            let same = |(known, _): &&mut (Finding, Vec<Vec<Span>>)| {
                known.span == finding.span && known.message == finding.message
            };
            match found.iter_mut().find(same) {
                Some((_, places)) => places.push(values.clone()),
                None => found.push((finding, vec![values.clone()])),
            }
        }
    }
    for (finding, places) in found {
        let within = finding.span.is_some_and(|span| {
            places[0].iter().any(|value| value.source() == span.source() && holds(*value, span))
        });
        let cause = (0..places[0].len())
            .rev()
            .find(|&axis| places.iter().all(|values| values[axis] == places[0][axis]));
        let (everywhere, explained) = (places.len() == cells, finding.also.is_some());
        reader.report(match cause {
            Some(axis) if !within && !everywhere && !explained => {
                finding.also(places[0][axis], "with this value")
            }
            Some(_) | None => finding,
        });
    }
}

/// Whether `inner` lies within `outer`, both in one text.
fn holds(outer: Span, inner: Span) -> bool {
    let (outer, inner) = (outer.range(), inner.range());
    outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests;
