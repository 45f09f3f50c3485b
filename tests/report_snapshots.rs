//! Reports of made-up results: what they say, and that every chart is whole.
//!
//! The charts are read back with the library that turns them into PNG, so "inside the picture" and
//! "not on top of one another" are judged by the letters as they are drawn.

#[path = "support/cases.rs"]
mod cases;
#[path = "support/load.rs"]
mod load;
#[path = "support/results_2018.rs"]
mod results_2018;

use std::sync::Arc;

use amnesty::experiment::results::Results;
use amnesty::report::chart::{self, Chart};
use amnesty::report::{as_written, csv, hdr, html, json, markdown, sentence, text};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use resvg::usvg::{Group, Node, Options, Rect, TextChunk, Tree, fontdb, roxmltree};

use cases::{calm, cases, crowded, many_servers, policies, two_servers};
use results_2018::results_2018;

/// Every text of a picture with the box it is drawn in.
#[expect(clippy::unwrap_used, reason = "an SVG that cannot be read fails the test")]
fn texts(svg: &str) -> (Vec<(String, Rect)>, [f32; 2]) {
    fn walk(group: &Group, found: &mut Vec<(String, Rect)>) {
        for node in group.children() {
            match node {
                Node::Group(inner) => walk(inner, found),
                Node::Text(text) => {
                    let words = text.chunks().iter().map(TextChunk::text).collect();
                    found.push((words, text.abs_bounding_box()));
                }
                Node::Path(_) | Node::Image(_) => {}
            }
        }
    }
    let mut fonts = fontdb::Database::new();
    for bytes in [
        include_bytes!("../assets/fonts/Inter-Regular.otf").as_slice(),
        include_bytes!("../assets/fonts/Inter-SemiBold.otf").as_slice(),
    ] {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
    }
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).unwrap();
    let mut found = Vec::new();
    walk(tree.root(), &mut found);
    (found, [tree.size().width(), tree.size().height()])
}

fn all_charts() -> impl Iterator<Item = (&'static str, Chart)> {
    cases().into_iter().flat_map(|(case, results)| {
        chart::all(&results).into_iter().map(move |chart| (case, chart))
    })
}

#[test]
fn the_sentence_answers_the_question_of_every_scenario() {
    let sentences: Vec<String> = cases()
        .iter()
        .map(|(case, results)| format!("{case}: {}", sentence(&results.summary)))
        .collect();
    insta::assert_snapshot!(sentences.join("\n"));
}

#[test]
fn the_terminal_report_of_the_incident() {
    insta::assert_snapshot!(text::text(&results_2018().summary));
}

#[test]
fn the_terminal_report_of_long_names_and_caveats() {
    insta::assert_snapshot!(text::text(&crowded().summary));
}

#[test]
fn the_terminal_report_keeps_to_a_hundred_columns() {
    for (case, results) in cases() {
        for line in text::text(&results.summary).lines() {
            assert!(line.chars().count() <= 100, "{case}: {line}");
        }
    }
}

#[test]
fn the_terminal_report_of_a_busy_server() {
    insta::assert_snapshot!(text::text(&two_servers().summary));
}

#[test]
fn the_words_of_the_charts_of_a_server() {
    let say = |results: &Results| -> Vec<String> {
        let charts = chart::all(results).into_iter();
        let of_the_server = charts.filter(|chart| ["load", "amplification"].contains(&chart.name));
        of_the_server.map(|chart| format!("{}\n{}\n", chart.title, chart.alt)).collect()
    };
    assert!(say(&results_2018()).is_empty());
    let words: Vec<String> =
        [two_servers(), many_servers()].iter().map(|results| say(results).join("\n")).collect();
    insta::assert_snapshot!(words.join("\n"));
}

#[test]
fn the_job_summary_of_policies() {
    insta::assert_snapshot!(markdown::markdown(&policies().summary));
}

#[test]
fn the_timeline_has_units_in_its_header_and_comes_back() {
    let written = csv::write(&results_2018());
    let head: Vec<&str> = written.lines().take(3).collect();
    insta::assert_snapshot!(head.join("\n"));
    let rows = csv::read(&written, &results_2018().summary.run_id()).unwrap();
    assert_eq!(rows.len(), written.lines().count() - 1);
}

#[test]
fn what_is_written_twice_is_the_same_and_draws_the_same() {
    for (case, results) in cases() {
        let once = as_written(&results);
        assert_eq!(json::write(&once.summary), json::write(&results.summary), "{case}");
        assert_eq!(csv::write(&once), csv::write(&results), "{case}");
        assert_eq!(csv::load::write(&once), csv::load::write(&results), "{case}");
        let read_again = Results {
            summary: json::read(&json::write(&once.summary)).unwrap(),
            timeline: csv::read(&csv::write(&once), &once.summary.run_id()).unwrap(),
            load: csv::load::read(&csv::load::write(&once), &once.summary.run_id()).unwrap(),
        };
        assert_eq!(read_again, once, "{case}");
        assert_eq!(chart::all(&read_again), chart::all(&once), "{case}");
    }
}

#[test]
fn the_summary_ends_with_a_newline_and_has_short_numbers() {
    let written = json::write(&results_2018().summary);
    assert!(written.ends_with("}\n"));
    let longest = written
        .split(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .filter(|number| number.contains('.') && number.parse::<f64>().is_ok())
        .map(|number| number.trim_start_matches(['0', '.']).replace('.', "").len())
        .max();
    assert!(longest.is_some_and(|digits| digits <= 9), "{longest:?}");
}

#[test]
fn every_chart_is_well_formed_and_says_what_it_shows() {
    for (case, chart) in all_charts() {
        let document = roxmltree::Document::parse(&chart.svg).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let said = |tag: &str| {
            let node = root.children().find(|node| node.has_tag_name(tag));
            node.and_then(|node| node.text()).unwrap_or_default().to_owned()
        };
        assert_eq!(said("title"), chart.title, "{case}: {}", chart.name);
        assert_eq!(said("desc"), chart.alt, "{case}: {}", chart.name);
        assert!(chart.alt.ends_with('.') && !chart.title.ends_with('.'));
    }
}

#[test]
fn every_chart_stays_small() {
    for (case, chart) in all_charts() {
        let size = chart.svg.len();
        assert!(size <= 60_000, "{case}: {} has {size} bytes", chart.name);
    }
}

#[test]
fn no_text_leaves_its_picture() {
    for (case, chart) in all_charts() {
        let (found, [width, height]) = texts(&chart.svg);
        assert!(!found.is_empty());
        for (words, place) in found {
            let inside = place.left() >= 0.0
                && place.top() >= 0.0
                && place.right() <= width
                && place.bottom() <= height;
            assert!(inside, "{case}: {}: `{words}` at {place:?}", chart.name);
        }
    }
}

#[test]
fn no_text_stands_on_another() {
    for (case, chart) in all_charts() {
        let (found, _) = texts(&chart.svg);
        for (place, (words, own)) in found.iter().enumerate() {
            for (others, other) in &found[place + 1..] {
                let wide = own.right().min(other.right()) - own.left().max(other.left());
                let high = own.bottom().min(other.bottom()) - own.top().max(other.top());
                // Boxes include the space above and below the letters: a little overlap is none.
                let apart = wide <= 0.5 || high <= 5.0;
                assert!(apart, "{case}: {}: `{words}` and `{others}`", chart.name);
            }
        }
    }
}

#[test]
fn the_words_of_the_charts_of_the_incident() {
    let words: Vec<String> = chart::all(&results_2018())
        .iter()
        .map(|chart| {
            let (found, size) = texts(&chart.svg);
            let lines: Vec<&str> = found.iter().map(|(words, _)| words.as_str()).collect();
            format!("{} {size:?}\n{}\n{}\n", chart.name, chart.alt, lines.join(" | "))
        })
        .collect();
    insta::assert_snapshot!(words.join("\n"));
}

#[test]
fn a_calm_run_says_so_in_place_of_an_empty_frame() {
    let charts = chart::all(&calm());
    let titles: Vec<&str> = charts.iter().map(|chart| chart.title.as_str()).collect();
    insta::assert_snapshot!(titles.join("\n"));
}

#[test]
fn a_picture_becomes_a_png_of_the_width_asked_for() {
    for chart in chart::all(&results_2018()) {
        let png = chart::png(&chart.svg, 1_600).unwrap();
        let width = u32::from_be_bytes([png[16], png[17], png[18], png[19]]);
        assert_eq!(width, 1_600);
        // Paper alone compresses to a few kilobytes: letters and lines are there.
        assert!(png.len() > 20_000, "{} has {} bytes", chart.name, png.len());
    }
}

#[test]
fn the_page_stands_alone_and_escapes_what_authors_write() {
    let mut results = crowded();
    results.summary.about = "<script>alert(1)</script> & more".to_owned();
    results.summary.assumptions.push("a < b".to_owned());
    let page = html::html(&results);
    assert!(page.contains(&sentence(&results.summary)));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"));
    assert!(page.contains("<li>a &lt; b</li>"));
    // What it needs it carries: the font.
    assert_eq!(page.matches("url(").count(), page.matches("url(data:font/woff2;base64,").count());
    for foreign in ["<script", "<link", "src=", "href=\"http", "@import"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for chart in chart::all(&results) {
        assert!(page.contains(&format!("id=\"{}-desc\"", chart.name)));
    }
    assert_eq!(page.matches("<style>").count(), 1);
    assert_eq!(page.matches("<h1>").count(), 1);
}

#[test]
fn the_latency_log_starts_with_the_scenario_and_comes_back() {
    let results = results_2018();
    let mut waits = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).unwrap();
    for micros in [90_000, 120_000, 30_000_000] {
        waits.record(micros).unwrap();
    }
    let log = hdr::latency_log(&results.summary, &[("with amnesty,client", &waits)]).unwrap();
    assert_eq!(
        log,
        hdr::latency_log(&results.summary, &[("with amnesty,client", &waits)]).unwrap()
    );
    let text = String::from_utf8(log.clone()).unwrap();
    assert!(text.contains("#[StartTime: 1520805600.000 (seconds since epoch)]"), "{text}");
    let tags: Vec<String> = IntervalLogIterator::new(&log)
        .filter_map(|entry| match entry.unwrap() {
            LogEntry::Interval(interval) => interval.tag().map(|tag| tag.as_str().to_owned()),
            LogEntry::BaseTime(_) | LogEntry::StartTime(_) => None,
        })
        .collect();
    assert_eq!(tags, ["with_amnesty_client"]);
}
