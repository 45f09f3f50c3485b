//! `report.html` and the pictures as a browser shows them: nothing is cut off, nothing runs into anything.
//!
//! Charts measure their text in Inter. Here they are shown where Inter is not: by a browser that knows one
//! font only, the widest of those that machines have, `DejaVu` Sans. Without Chromium, or without that font,
//! the tests say on standard error that they were skipped.
#![expect(clippy::unwrap_used, reason = "a test ends where something is wrong")]

#[cfg(test)]
#[path = "control/browser.rs"]
#[expect(dead_code, reason = "the page of a report has no buttons")]
mod browser;
#[path = "support/cases.rs"]
mod cases;
#[path = "support/load.rs"]
mod load;
#[path = "support/results_2018.rs"]
mod results_2018;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use amnesty::experiment::results::Results;
use amnesty::experiment::{self, Options};
use amnesty::report::{as_written, chart, html};
use amnesty::scenario::{Overrides, load as read};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use browser::Browser;
use cases::cases;

const SCRIPT: &str = include_str!("support/boxes.js");

/// A scenario with two partners a cohort and two replications.
fn small(name: &str) -> Results {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let whole = read(&path, &Overrides::default()).unwrap();
    let cohorts = whole.arms[0].world.cohorts.iter();
    let sets = cohorts.map(|cohort| format!("swarm.{}.partners=2", cohort.name)).collect();
    let plan =
        read(&path, &Overrides { sets, replications: Some(2), ..Overrides::default() }).unwrap();
    let stop = AtomicBool::new(false);
    let options = Options { threads: Some(2), stop: &stop, progress: &|_, _| {} };
    as_written(&experiment::run(&plan, &options).unwrap().results)
}

fn scenarios() -> Vec<(&'static str, Results)> {
    ["xero-2018-03-12", "retry-storm", "servers-under-the-incident"]
        .into_iter()
        .map(|name| (name, small(&format!("{name}.yaml"))))
        .collect()
}

/// The folder that holds `DejaVu` Sans.
fn folder_of_dejavu() -> Option<PathBuf> {
    fn find(folder: &Path, depth: usize) -> Option<PathBuf> {
        if folder.join("DejaVuSans.ttf").is_file() && folder.join("DejaVuSans-Bold.ttf").is_file() {
            return Some(folder.to_owned());
        }
        let mut inner: Vec<PathBuf> =
            std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
        inner.sort();
        let below = inner.into_iter().filter(|path| depth > 0 && path.is_dir());
        below.into_iter().find_map(|path| find(&path, depth - 1))
    }
    ["/usr/share/fonts", "/usr/local/share/fonts"]
        .into_iter()
        .find_map(|folder| find(Path::new(folder), 4))
}

/// A browser whose machine has one font, and a folder for what it shows.
fn without_inter(test: &str) -> Option<(Browser, TempDir)> {
    let Some(fonts) = folder_of_dejavu() else {
        // The macros are captured; the handle is not.
        let _ = writeln!(std::io::stderr(), "test {test} ... skipped: no font DejaVu Sans");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let only = folder.path().join("fonts.conf");
    let config = format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\
         <dir>{}</dir><cachedir>{}</cachedir></fontconfig>\n",
        fonts.display(),
        folder.path().join("cache").display(),
    );
    std::fs::write(&only, config).unwrap();
    Some((Browser::open_with(test, &[("FONTCONFIG_FILE", only.as_path())])?, folder))
}

/// How a page is shown.
struct Shown {
    width: u32,
    mobile: bool,
    media: &'static str,
    scheme: &'static str,
}

impl Browser {
    fn show(&mut self, address: &str, shown: &Shown) {
        let Shown { width, mobile, media, scheme } = *shown;
        let size = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile,
        });
        self.command("Emulation.setDeviceMetricsOverride", &size);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = json!({ "media": media, "features": features });
        self.command("Emulation.setEmulatedMedia", &media);
        self.go(address);
        self.wait_for("document.readyState === 'complete'");
    }

    /// What is wrong with the page that is shown.
    fn wrong(&mut self) -> Vec<String> {
        let found = self.evaluate(SCRIPT);
        let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    }
}

fn written(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    format!("file://{}", path.display())
}

#[test]
fn pages_fit_screens_and_paper_where_the_font_is_not_installed() {
    let test = "pages_fit_screens_and_paper_where_the_font_is_not_installed";
    let Some((mut browser, folder)) = without_inter(test) else { return };
    let ways = [
        Shown { width: 1_280, mobile: false, media: "screen", scheme: "light" },
        Shown { width: 1_280, mobile: false, media: "screen", scheme: "dark" },
        Shown { width: 390, mobile: false, media: "screen", scheme: "light" },
        Shown { width: 390, mobile: true, media: "screen", scheme: "dark" },
        // A sheet of A4 within margins of a centimetre.
        Shown { width: 718, mobile: false, media: "print", scheme: "light" },
    ];
    let mut wrong = Vec::new();
    for (name, results) in scenarios() {
        let address = written(&folder, &format!("{name}.html"), &html::html(&results));
        for way in &ways {
            browser.show(&address, way);
            let Shown { width, mobile, media, scheme } = way;
            let found = browser.wrong().into_iter();
            wrong.extend(found.map(|what| {
                format!("{name}, {width} px, mobile {mobile}, {media}, {scheme}: {what}")
            }));
            let paper = browser.evaluate("getComputedStyle(document.body).backgroundColor");
            let dark = *scheme == "dark";
            assert_eq!(paper == json!("rgb(13, 17, 23)"), dark, "{name}: {paper}");
            let fonts = "[...document.fonts].filter((f) => f.status === 'loaded').length";
            assert_eq!(browser.evaluate(fonts), json!(2), "{name}: the page carries its font");
        }
        uses_the_width(&mut browser, &address, name);
        assert_eq!(browser.complaints(), [""; 0], "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// At 1,280 pixels six arms stand side by side; at 390 text and pictures take the whole screen.
fn uses_the_width(browser: &mut Browser, address: &str, name: &str) {
    let way = Shown { width: 1_280, mobile: false, media: "screen", scheme: "light" };
    browser.show(address, &way);
    let cut =
        "[...document.querySelectorAll('.wide')].some((f) => f.scrollWidth > f.clientWidth + 1)";
    assert_eq!(browser.evaluate(cut), json!(false), "{name}: a table is cut off at 1,280 px");
    browser.show(address, &Shown { width: 390, mobile: true, media: "screen", scheme: "light" });
    assert_eq!(browser.evaluate("window.innerWidth"), json!(390), "{name}: zoomed out");
    for part in [".picture", ".wide"] {
        let width = format!("document.querySelector('{part}').clientWidth");
        let width = browser.evaluate(&width).as_f64().unwrap();
        assert!(width >= 340.0, "{name}: {part} takes {width} of 390 px");
    }
}

#[test]
fn pictures_alone_fit_where_there_is_but_a_wide_font() {
    let test = "pictures_alone_fit_where_there_is_but_a_wide_font";
    let Some((mut browser, folder)) = without_inter(test) else { return };
    let way = Shown { width: 1_280, mobile: false, media: "screen", scheme: "light" };
    let mut wrong = Vec::new();
    for (name, results) in scenarios().into_iter().chain(cases()) {
        for chart in chart::all(&results) {
            let address = written(&folder, &format!("{name}-{}.svg", chart.name), &chart.svg);
            browser.show(&address, &way);
            let found = browser.wrong().into_iter();
            wrong.extend(found.map(|what| format!("{name}, {}: {what}", chart.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The script itself finds what it looks for.
#[test]
fn what_is_cut_off_or_covered_is_found() {
    let Some(mut browser) = Browser::open("what_is_cut_off_or_covered_is_found") else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = "<!doctype html><body style='margin:0'>\
        <div style='width:2000px'>wide</div>\
        <div style='position:absolute;top:100px'>below</div>\
        <div style='position:absolute;top:102px'>above</div>\
        <svg width='100' height='50'><text x='80' y='20'>cut off here</text></svg>\
        <p></p><div class='wide' style='width:50px;overflow-x:auto;scrollbar-width:none'>\
        <table><tr><td>loooooooooooooooooong</td></tr></table></div>";
    let address = written(&folder, "bad.html", page);
    browser.show(&address, &Shown { width: 390, mobile: false, media: "screen", scheme: "light" });
    let wrong = browser.wrong().join("\n");
    for what in [
        "the page is wider than its screen",
        "on other text: \"below\"",
        "outside of its picture: \"cut off here\"",
        "cut off without a hint",
    ] {
        assert!(wrong.contains(what), "{what} is not in\n{wrong}");
    }
}
