//! What `report` and `check --baseline` read: `summary.json`, `timeline.csv`, `load.csv`, `sweep.json`.
//!
//! What is read must be told, drawn and written, and what is written must be read as the same. Their layout
//! changes with the program, so their seeds are made by it: [`made`].

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use amnesty::experiment::results::Results;
use amnesty::experiment::sweep::Sweep;
use amnesty::experiment::{self, Options, baseline};
use amnesty::report::{self, as_written, chart, csv, html, json, markdown, sentence, text};
use amnesty::scenario::{Overrides, SweepRequest, from_bytes, load_sweep};

use super::scenario::BASE;

/// Results of a small run.
static SMALL: LazyLock<Results> = LazyLock::new(|| run(&[]));

fn options(never: &AtomicBool) -> Options<'_> {
    Options { threads: Some(1), stop: never, progress: &|_, _| {} }
}

fn run(sets: &[&str]) -> Results {
    let sets = sets.iter().map(|set| (*set).to_owned()).collect();
    let overrides = Overrides { sets, ..Overrides::default() };
    let plan = from_bytes("base.yaml", BASE.as_bytes(), Path::new("."), &overrides);
    let plan = plan.unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let findings = experiment::run(&plan, &options(&AtomicBool::new(false))).expect("findings");
    as_written(&findings.results)
}

fn swept(over: &[&str]) -> Sweep {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("base.yaml");
    std::fs::write(&path, BASE).expect("a file");
    let over = over.iter().map(|over| (*over).to_owned()).collect();
    let request = SweepRequest { over, show: None, target: None };
    let overrides = Overrides { replications: Some(1), ..Overrides::default() };
    let plan = load_sweep(&path, &overrides, &request);
    let plan = plan.unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let swept = experiment::sweep::sweep(&plan, &options(&AtomicBool::new(false)));
    report::sweep::as_written(&swept.expect("findings"))
}

/// Seeds of this target in the layout of today.
pub fn made(target: &str) -> Vec<Vec<u8>> {
    let uneventful = || {
        run(&[
            "arms.with.server.amnesty.from=clock.start + 1h",
            "incident=[]",
            "replications=1",
            "server.station=unlimited",
        ])
    };
    let texts = match target {
        "summary" => vec![json::write(&SMALL.summary), json::write(&uneventful().summary)],
        "timeline" => vec![csv::write(&SMALL), csv::write(&uneventful())],
        "load" => vec![csv::load::write(&SMALL)],
        "sweep" => {
            let lost = "incident.bad.response_lost.probability=0%,50%,100%";
            let sweeps = [vec![lost], vec![lost, "incident.bad.for=1h,2h"]];
            sweeps.iter().map(|over| json::write_sweep(&swept(over))).collect()
        }
        _ => Vec::new(),
    };
    texts.into_iter().map(String::into_bytes).collect()
}

/// `summary.json`.
pub fn summary(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let summary = match json::read(text) {
        Ok(summary) => summary,
        Err(error) => return is_told(&error.to_string()),
    };
    let written = json::write(&summary);
    let again = json::read(&written).expect("what was written is read");
    assert_eq!(json::write(&again), written);
    let _ = (sentence(&summary), text::text(&summary), markdown::markdown(&summary));
    assert!(baseline::compare(&summary, &summary).iter().all(|change| !change.worse));
    is_drawn(&Results { summary, ..SMALL.clone() })
}

/// `timeline.csv`, beside a summary that stays the same.
pub fn timeline(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let timeline = match csv::read(text, &SMALL.summary.run_id()) {
        Ok(timeline) => timeline,
        Err(error) => return is_told(&error.to_string()),
    };
    let results = Results { timeline, ..SMALL.clone() };
    let written = csv::write(&results);
    let again = csv::read(&written, &SMALL.summary.run_id()).expect("what was written is read");
    assert_eq!(csv::write(&Results { timeline: again, ..results.clone() }), written);
    is_drawn(&results)
}

/// `load.csv`, beside a summary that stays the same.
pub fn load(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let load = match csv::load::read(text, &SMALL.summary.run_id()) {
        Ok(load) => load,
        Err(error) => return is_told(&error.to_string()),
    };
    let results = Results { load, ..SMALL.clone() };
    let written = csv::load::write(&results);
    let again =
        csv::load::read(&written, &SMALL.summary.run_id()).expect("what was written is read");
    assert_eq!(csv::load::write(&Results { load: again, ..results.clone() }), written);
    is_drawn(&results)
}

/// `sweep.json`.
pub fn sweep(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let sweep = match json::read_sweep(text) {
        Ok(sweep) => sweep,
        Err(error) => return is_told(&error.to_string()),
    };
    if let Err(error) = sweep.check() {
        return is_told(&error.to_string());
    }
    let written = json::write_sweep(&sweep);
    let again = json::read_sweep(&written).expect("what was written is read");
    assert_eq!(json::write_sweep(&again), written);
    let _ = (report::sweep::text(&sweep), report::sweep::csv::write(&sweep));
    is_a_picture(&chart::sweep(&sweep));
    true
}

/// The page with all its charts.
fn is_drawn(results: &Results) -> bool {
    let charts = chart::all(results);
    charts.iter().for_each(is_a_picture);
    assert!(html::page(results, &charts).ends_with("</html>\n"));
    true
}

fn is_a_picture(chart: &chart::Chart) {
    assert!(chart.svg.trim_end().ends_with("</svg>"), "{}", chart.name);
    for number in ["NaN", "inf"] {
        assert!(!chart.svg.contains(&format!("\"{number}")), "{} has {number}", chart.name);
    }
}

fn is_told(error: &str) -> bool {
    assert!(error.len() <= 1 << 10, "{error}");
    false
}
