//! `amnesty presets`: the presets of real servers and clients, with their sources.

use std::fmt::Write as _;

use clap::Args;

use super::{Exit, Failure, print};
use crate::{authority, client};

/// Arguments of `presets`.
#[derive(Debug, Args)]
pub(super) struct Presets {
    /// Show these presets whole, with their sources [default: a line for each]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// A preset of either kind, as it is shown.
struct Shown {
    kind: &'static str,
    name: &'static str,
    about: &'static str,
    source: &'static str,
}

impl Presets {
    pub(super) fn execute(&self) -> Result<Exit, Failure> {
        let servers = authority::preset::all();
        let clients = client::preset::all();
        let servers = servers.iter().map(|p| ("server", p.name, p.about, p.source));
        let clients = clients.iter().map(|p| ("client", p.name, p.about, p.source));
        let all: Vec<_> = servers
            .chain(clients)
            .map(|(kind, name, about, source)| Shown { kind, name, about, source })
            .collect();
        let text = if self.names.is_empty() { list(&all) } else { whole(&all, &self.names)? };
        print::product(&text)?;
        Ok(Exit::Fine)
    }
}

fn list(all: &[Shown]) -> String {
    let width = all.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (kind, title) in
        [("server", "Servers: `server.policy`"), ("client", "Clients: `client` of a cohort")]
    {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{title}");
        for preset in all.iter().filter(|preset| preset.kind == kind) {
            let _ = writeln!(text, "  {:width$}  {}", preset.name, first_sentence(preset.about));
        }
        text.push('\n');
    }
    text.push_str("`amnesty presets NAME` shows one whole, with its source.\n");
    text
}

/// The first sentence of a text, without its full stop.
fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first).trim_end_matches('.')
}

fn whole(all: &[Shown], names: &[String]) -> Result<String, Failure> {
    let mut text = String::new();
    for name in names {
        let found: Vec<_> = all.iter().filter(|preset| preset.name == name).collect();
        if found.is_empty() {
            let near = all.iter().max_by(|a, b| {
                let likeness = |preset: &Shown| strsim::jaro_winkler(preset.name, name);
                likeness(a).total_cmp(&likeness(b))
            });
            let near = near.map_or("", |preset| preset.name);
            let message = format!("there is no preset `{name}`; did you mean `{near}`?");
            return Err(Failure::Argument(message));
        }
        for preset in found {
            let Shown { kind, name, about, source } = preset;
            let _ = writeln!(text, "{name} ({kind})\n  {about}\n  Source: {source}\n");
        }
    }
    Ok(text)
}
