//! The scenario as a whole.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::incident::PhaseForm;
use super::moment::Instant;
use super::server::ServerForm;
use super::swarm::{Amendments, CohortForm};
use super::sweep::SweepForm;
use crate::base::SimDuration;
use crate::scenario::finding::Finding;
use crate::scenario::read::{Form, List, Name, Named, Raw, Reader, Spanned, section};
use crate::scenario::tree::Node;

section! {
    /// A scenario: a world, an incident, arms, expectations.
    struct ScenarioForm ("a scenario") {
        /// Name of the scenario; also the name of its results folder.
        name: Spanned<Name> = required("xero-2018-03-12");
        /// What it is about, in a sentence.
        about: String = or(String::new());
        /// What its author assumed because no source tells it, one sentence each.
        assumptions: List<String> = or(List::default());
        /// Another scenario file, relative to this one, that this one changes: maps merge key by key, lists replace, items of `swarm` and `incident` merge by name (an empty list clears them), `null` removes a key.
        extends: String = optional;
        /// Seed of all draws: the same seed gives the same results.
        seed: u64 = or(1);
        /// Number of paired replications: in each, every arm sees the same draws.
        replications: Spanned<u32> = optional;
        /// When the run begins and how long it lasts.
        clock: ClockForm = required("{ start: 2018-03-11T22:00:00Z, duration: 9d }");
        /// The authorization server.
        server: ServerForm = required("{ policy: xero-2018, service_time: 100ms }");
        /// Client profiles of this scenario by name, for several cohorts to share.
        clients: Named<Amendments> = or(Named::default());
        /// Client keys that hold for every cohort: they amend the presets, and a cohort's own keys amend them.
        client_defaults: Amendments = optional;
        /// The cohorts of partners.
        swarm: Spanned<List<CohortForm>> = required("[{ name: xero-net, partners: 120, orgs_per_partner: 60, client: xero-net }]");
        /// The phases in which things go wrong; they may overlap.
        incident: List<PhaseForm> = or(List::default());
        /// Named changes of this one world. Each is run on the same draws; the first is the one that others are compared with. Without any, the world is run as it is.
        arms: Arms = or(Arms::default());
        /// What `check` judges: `metric(arm[, cohort]) <= 20%`, or the difference of two such terms. Quote a line that contains `: `.
        expect: List<Line> = or(List::default());
        /// What `sweep` varies unless the command line says otherwise. It changes nothing for `run` and `check`.
        sweep: SweepForm = optional;
    }
}

section! {
    /// When the run begins and how long it lasts.
    struct ClockForm ("the clock") {
        /// When it starts, in UTC.
        start: Instant = required("2018-03-11T22:00:00Z");
        /// How long it runs.
        duration: Spanned<SimDuration> = required("9d");
    }
}

/// A line under `expect`. It is parsed on its own, where whatever is no text is reported too.
#[derive(Debug, Clone)]
pub(crate) struct Line(pub(crate) String);

impl Form for Line {
    fn read(node: &Node, _: &mut Reader<'_>) -> Option<Self> {
        node.text().map(|text| Self(text.to_owned()))
    }

    fn write(&self) -> serde_json::Value {
        self.0.as_str().into()
    }
}

impl JsonSchema for Line {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Line".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "examples": ["needed_person(with_amnesty) <= 5%"] })
    }
}

/// Arms by name: for each, new values by path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arms(pub(crate) Named<Named<Raw>>);

impl Form for Arms {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut complete = true;
        for arm in node.entries().unwrap_or(&[]) {
            if arm.node.entries().is_none() && !arm.node.is_null() {
                let found = arm.node.found();
                let message = format!("expected the changes of an arm as a map, found {found}");
                let help = "for example `{ server.policy: strict }`, or `{}` for no change";
                reader.report(Finding::at(arm.node.span, message).help(help));
                complete = false;
            }
        }
        if !complete {
            return None;
        }
        let arms = Named::<Named<Raw>>::read(node, reader)?;
        for (name, _) in &arms.0 {
            if let Err(error) = Name::check(&name.value) {
                let help = "names consist of letters, digits, `_` and `-`";
                reader.report(Finding::at(name.span, error.to_string()).help(help));
                complete = false;
            }
        }
        complete.then_some(Self(arms))
    }

    fn write(&self) -> serde_json::Value {
        self.0.write()
    }
}

impl JsonSchema for Arms {
    fn schema_name() -> Cow<'static, str> {
        "Arms".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Named changes of this one world: for each arm, new values by path.",
            "type": "object",
            "additionalProperties": {
                "description": "The arm's changes: `path: value`. The empty map changes nothing. Maps merge key by key; `null` removes.",
                "type": ["object", "null"],
                "propertyNames": { "pattern": "^(server|swarm|incident|client_defaults|clients)(\\.[^.]+)*$" },
            },
        })
    }
}
