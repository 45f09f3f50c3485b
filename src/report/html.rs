//! The report as one page that needs nothing else: no script, no font, no picture from elsewhere. It
//! carries the font that its charts are measured in.
//!
//! It leads with the sentence, shows the orgs over time, then the figures, the other charts, and what
//! the figures rest on. Light or dark follows the reader's system.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::experiment::results::{ArmSummary, Results, Summary};
use crate::report::caveat;
use crate::report::chart::{self, Chart, dark_mode, escaped, inline};
use crate::report::over_http;
use crate::report::rank;
use crate::report::sentence::sentence;
use crate::report::table::{self, Table};
use crate::report::words::{count, duration, heading, plural};

const STYLE: &str = include_str!("../../assets/report.css");
/// The font that charts measure their text in, by weight, with the letters of Latin and the signs that
/// reports use: the page carries it, so that it looks alike where the font is not installed.
const FONTS: [(u32, &[u8]); 2] = [
    (400, include_bytes!("../../assets/fonts/Inter-Regular.latin.woff2")),
    (600, include_bytes!("../../assets/fonts/Inter-SemiBold.latin.woff2")),
];
/// Arms side by side in one table; further arms stand in further tables below it.
const ABREAST: usize = 6;

/// The page. `results` are drawn with [`chart::all`].
pub fn html(results: &Results) -> String {
    page(results, &chart::all(results))
}

/// The page with charts that are drawn already.
pub fn page(results: &Results, charts: &[Chart]) -> String {
    let summary = &results.summary;
    let (first, others) = match charts {
        [first, others @ ..] => (figure(first), others),
        [] => (String::new(), charts),
    };
    let sections: Vec<String> = others.iter().map(section).collect();
    let parts = [
        head(summary),
        opening(summary, charts),
        first,
        doubts(summary),
        figures(summary),
        sections.concat(),
        over_http(summary),
        cohorts(summary),
        arms(summary),
        assumptions(summary),
        repeat(summary),
        "</main>\n</body>\n</html>\n".to_owned(),
    ];
    parts.concat()
}

fn head(summary: &Summary) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}: {}</title>\n<style>\n{}{STYLE}{}\n</style>\n</head>\n<body>\n<main>\n",
        escaped(&summary.scenario),
        escaped(&sentence(summary)),
        fonts(),
        // Paper is white.
        dark_mode().replace("@media (", "@media screen and ("),
    )
}

fn fonts() -> String {
    let face = |(weight, bytes): (u32, &[u8])| {
        format!(
            "@font-face {{ font-family: Inter; font-weight: {weight}; \
             src: url(data:font/woff2;base64,{}) format(\"woff2\"); }}\n",
            STANDARD.encode(bytes)
        )
    };
    FONTS.into_iter().map(face).collect()
}

fn opening(summary: &Summary, charts: &[Chart]) -> String {
    let ranked = rank::are_many(summary.arms.len());
    let over_time = if ranked { "<li><a href=\"#disconnected\">Over time</a></li>\n" } else { "" };
    let has = |name: &str| charts.iter().any(|chart| chart.name == name);
    let entry = |(id, words): (&str, &str)| format!("<li><a href=\"#{id}\">{words}</a></li>\n");
    let doubt = |doubt: &String| format!("<p class=\"doubt\">{}</p>\n", escaped(doubt));
    let leading = caveat::leading(summary).iter().map(doubt).collect::<Vec<_>>().concat();
    let access: String =
        [("access", "Access")].into_iter().filter(|(name, _)| has(name)).map(entry).collect();
    let server = [("load", "Load"), ("amplification", "Amplification")];
    let server: String = server.into_iter().filter(|(name, _)| has(name)).map(entry).collect();
    format!(
        "<header>\n<p class=\"scenario\">{}</p>\n{leading}<h1>{}</h1>\n<p>{}</p>\n</header>\n\
         <nav aria-label=\"Contents\">\n<ul>\n<li><a href=\"#figures\">Figures</a></li>\n\
         {over_time}{access}<li><a href=\"#became\">Fates</a></li>\n<li><a href=\"#survival\">Time to reconnect</a></li>\n\
         <li><a href=\"#outcomes\">Attempts</a></li>\n<li><a href=\"#latency\">Waiting</a></li>\n\
         {server}<li><a href=\"#arms\">Arms</a></li>\n<li><a href=\"#assumed\">Assumptions</a></li>\n\
         <li><a href=\"#repeat\">Repeat it</a></li>\n</ul>\n</nav>\n",
        escaped(&summary.scenario),
        escaped(&sentence(summary)),
        escaped(&summary.about),
    )
}

/// A chart below a heading that asks its question.
fn section(chart: &Chart) -> String {
    let question = match chart.name {
        "access" => "How many orgs were without access?",
        "became" => "What became of the orgs that were hit?",
        "survival" => "How long until they were back?",
        "outcomes" => "How did refresh attempts end?",
        "latency" => "What did clients wait?",
        "disconnected" => "How many orgs were disconnected when?",
        "load" => "What did the server bear?",
        "amplification" => "How many attempts for one?",
        other => other,
    };
    format!("<h2 id=\"{}\">{}</h2>\n{}", chart.name, escaped(question), figure(chart))
}

fn figure(chart: &Chart) -> String {
    format!(
        "<figure>\n<div class=\"picture\" role=\"group\" aria-label=\"{}\" tabindex=\"0\">\n{}</div>\n\
         <figcaption>{}</figcaption>\n</figure>\n",
        escaped(&chart.title),
        inline(&chart.svg),
        escaped(format!("{} {}", chart.reading, chart.left_out).trim_end())
    )
}

fn doubts(summary: &Summary) -> String {
    let items: String = caveat::sentences(summary).iter().map(|doubt| item(doubt)).collect();
    if items.is_empty() {
        return String::new();
    }
    format!(
        "<h2 id=\"doubt\">Reasons to doubt</h2>\n<div class=\"doubt\"><ul>\n{items}</ul></div>\n"
    )
}

fn item(text: &str) -> String {
    format!("<li>{}</li>\n", escaped(text))
}

fn figures(summary: &Summary) -> String {
    let replications = f64::from(summary.replications);
    let caption = format!(
        "Orgs unless a row says otherwise; means over {}, with the 95 % interval where there is one.",
        plural(replications, "replication", "replications")
    );
    let ranking = if rank::are_many(summary.arms.len()) {
        let caption =
            "Arms by the orgs that needed a person; saved and harmed against the first arm.";
        as_table(&table::ranked(summary), caption, "ranking")
    } else {
        String::new()
    };
    let measures = in_blocks(&table::measures(summary), &caption, "figures");
    format!("<h2 id=\"figures\">The figures</h2>\n{ranking}{measures}")
}

fn cohorts(summary: &Summary) -> String {
    let table = table::cohorts(summary);
    if table.rows.is_empty() {
        return String::new();
    }
    let caption = "Orgs that needed a person, and their share of the cohort.";
    format!("<h2 id=\"cohorts\">Cohort by cohort</h2>\n{}", in_blocks(&table, caption, "cohorts"))
}

/// A table of arms; of many arms some tables below one another.
fn in_blocks(table: &Table, caption: &str, class: &str) -> String {
    let blocks = table.in_blocks(ABREAST);
    let of = blocks.len();
    let tables = blocks.iter().enumerate().map(|(block, table)| {
        let part = if of > 1 { format!(" Part {} of {of}.", block + 1) } else { String::new() };
        as_table(table, &format!("{caption}{part}"), class)
    });
    tables.collect()
}

/// A table with scopes, in a frame that scrolls on its own and can be reached by keyboard.
fn as_table(table: &Table, caption: &str, class: &str) -> String {
    let caption = escaped(caption);
    // More columns than a telephone shows side by side: the page says that there are more.
    let more = if table.columns.len() > 2 { " more" } else { "" };
    let columns: String = table
        .columns
        .iter()
        .map(|name| format!("<th scope=\"col\">{}</th>", escaped(name)))
        .collect::<Vec<_>>()
        .concat();
    let rows: Vec<String> = table
        .rows
        .iter()
        .map(|row| {
            let inner = if row.label.starts_with(' ') { " class=\"inner\"" } else { "" };
            let cells: Vec<String> =
                row.cells.iter().map(|cell| format!("<td>{}</td>", figure_cell(cell))).collect();
            format!(
                "<tr><th scope=\"row\"{inner}>{}</th>{}</tr>\n",
                escaped(row.label.trim_start()),
                cells.concat()
            )
        })
        .collect();
    format!(
        "<p class=\"caption{more}\">{caption}</p>\n\
         <div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\">\n\
         <table class=\"{class}\" aria-label=\"{caption}\">\n<thead><tr><th scope=\"col\">{}</th>{columns}</tr></thead>\n\
         <tbody>\n{}</tbody>\n</table>\n</div>\n",
        escaped(&table.corner),
        rows.concat()
    )
}

/// A figure, and its interval as a part of its own that may stand below it.
fn figure_cell(cell: &str) -> String {
    match cell.split_once(" (") {
        Some((figure, rest)) => {
            format!("{} <small>({}</small>", escaped(figure), escaped(rest))
        }
        None => escaped(cell),
    }
}

fn arms(summary: &Summary) -> String {
    let entry = |arm: &ArmSummary| {
        let changes: Vec<String> = arm
            .changes
            .iter()
            .map(|change| format!("<dd><code>{}</code></dd>\n", escaped(change)))
            .collect();
        let changes = if changes.is_empty() {
            "<dd>The world as the scenario describes it.</dd>\n".to_owned()
        } else {
            changes.concat()
        };
        format!("<dt>{}</dt>\n{changes}", escaped(&heading(&arm.name)))
    };
    let entries: Vec<String> = summary.arms.iter().map(entry).collect();
    format!(
        "<h2 id=\"arms\">The arms, and what each changes</h2>\n\
         <p>All arms see the same draws, so they differ only by what the change caused.</p>\n\
         <dl>\n{}</dl>\n",
        entries.concat()
    )
}

fn over_http(summary: &Summary) -> String {
    over_http::sentences(summary).map_or_else(String::new, |told| {
        format!("<h2 id=\"http\">Over real HTTP</h2>\n<p>{}</p>\n", escaped(&told))
    })
}

fn assumptions(summary: &Summary) -> String {
    let items: String = summary.assumptions.iter().map(|assumed| item(assumed)).collect();
    let body = if items.is_empty() {
        "<p>The scenario names no assumptions.</p>\n".to_owned()
    } else {
        format!(
            "<p>No source tells the following. The author of the scenario assumed it, in these words:</p>\n<ul>\n{items}</ul>\n"
        )
    };
    format!("<h2 id=\"assumed\">What is assumed</h2>\n{body}")
}

/// What the figures were found with, and how to find them again.
fn repeat(summary: &Summary) -> String {
    let Summary { seed, replications, engine, digest, made_by, start, .. } = summary;
    let (promise, more) = match &summary.live {
        None => (
            "The same scenario, seed and version give the same bytes on every machine:",
            String::new(),
        ),
        Some(live) => (
            "The same scenario and seed meet the same faults. Sockets never take the same time twice, so figures differ a little:",
            format!(" --time-scale {}", live.time_scale),
        ),
    };
    let facts: Vec<String> = [
        ("Clock", format!("{start}, for {}", duration(summary.duration_seconds))),
        (
            "World",
            format!(
                "{} of {}",
                plural(summary.orgs as f64, "org", "orgs"),
                plural(summary.partners as f64, "partner", "partners")
            ),
        ),
        ("Engine", engine.clone()),
        ("Seed", seed.to_string()),
        ("Replications", count(f64::from(*replications))),
        ("Scenario, SHA-256", digest.clone()),
        ("amnesty", made_by.clone()),
    ]
    .iter()
    .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>\n", escaped(value)))
    .collect();
    format!(
        "<h2 id=\"repeat\">Repeat it</h2>\n\
         <p>{promise}</p>\n\
         <pre><code>amnesty run {}.yaml --engine {} --seed {seed} --replications {replications}{more}</code></pre>\n\
         <dl class=\"facts\">\n{}</dl>\n\
         <details>\n<summary>The resolved scenario</summary>\n<pre><code>{}</code></pre>\n</details>\n",
        escaped(&summary.scenario),
        escaped(engine),
        facts.concat(),
        escaped(&format!("{:#}", summary.resolved)),
    )
}
