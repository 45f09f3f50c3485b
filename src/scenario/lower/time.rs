//! When things happen: relative instants resolved to distances from the clock's start.
//!
//! ```text
//!   degraded.from = 23:30            degraded.until = degraded.from + 70m
//!   storm.from = degraded.end + 5m ──► needs degraded.until first; a circle is an error
//! ```

use std::cell::RefCell;

use jiff::Timestamp;

use crate::base::{SimDuration, SimTime};
use crate::scenario::file::{Anchor, Edge, Moment, ScenarioForm};
use crate::scenario::finding::Finding;
use crate::scenario::read::{Reader, Spanned};
use crate::scenario::source::Span;

/// Microseconds since the clock's start; negative before it.
type Micros = i128;

/// A stretch of time as written.
struct Stretch<'a> {
    anchor: Anchor,
    from: &'a Spanned<Moment>,
    length: Option<&'a Spanned<SimDuration>>,
    until: Option<&'a Spanned<Moment>>,
}

/// What is known of an end of a stretch.
#[derive(Debug, Clone, Copy)]
enum Known {
    Nothing,
    /// It is being worked out: who asks for it now goes in a circle.
    Underway,
    Done(Option<Micros>),
}

/// All stretches of time of a scenario.
pub(super) struct Timeline<'a> {
    start: Timestamp,
    duration: SimDuration,
    stretches: Vec<Stretch<'a>>,
    known: RefCell<Vec<[Known; 2]>>,
}

/// A stretch of time that lies where it should.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// When it begins.
    pub(super) from: SimTime,
    /// When it is over.
    pub(super) until: SimTime,
}

impl<'a> Timeline<'a> {
    /// The stretches of `form`. Reports those whose end is not said, or said twice.
    pub(super) fn of(form: &'a ScenarioForm, reader: &mut Reader<'_>) -> Self {
        let mut stretches = Vec::new();
        for phase in &form.incident.0 {
            stretches.push(Stretch {
                anchor: Anchor::Phase(phase.phase.value.0.clone()),
                from: &phase.from,
                length: phase.r#for.as_ref(),
                until: phase.until.as_ref(),
            });
        }
        if let Some(amnesty) = &form.server.amnesty {
            stretches.push(Stretch {
                anchor: Anchor::Amnesty,
                from: &amnesty.from,
                length: amnesty.r#for.as_ref(),
                until: amnesty.until.as_ref(),
            });
        }
        for stretch in &stretches {
            let what = match &stretch.anchor {
                Anchor::Amnesty => "the amnesty".to_owned(),
                Anchor::Phase(_) | Anchor::Clock | Anchor::Incident => {
                    format!("the phase `{}`", stretch.anchor)
                }
            };
            match (stretch.length, stretch.until) {
                (Some(length), Some(until)) => reader.report(
                    Finding::at(until.span, format!("{what} has both `for` and `until`"))
                        .help("give one of them")
                        .also(length.span, "`for` is here"),
                ),
                (None, None) => reader.report(
                    Finding::at(stretch.from.span, format!("{what} has no end"))
                        .help("add `for: 70m`, or `until: …`"),
                ),
                (Some(_), None) | (None, Some(_)) => {}
            }
        }
        let known = RefCell::new(vec![[Known::Nothing; 2]; stretches.len()]);
        Self { start: form.clock.start.0, duration: form.clock.duration.value, stretches, known }
    }

    /// The window of `anchor`, which must begin within the run; unless `outlasts`, it must end there too.
    /// What refers to a window that does not is not reported again.
    pub(super) fn window(
        &self,
        anchor: &Anchor,
        outlasts: bool,
        reader: &mut Reader<'_>,
    ) -> Option<Window> {
        let index = self.stretches.iter().position(|other| other.anchor == *anchor)?;
        let window = self.checked(index, outlasts, reader);
        if window.is_none() {
            self.known.borrow_mut()[index] = [Known::Done(None); 2];
        }
        window
    }

    fn checked(&self, index: usize, outlasts: bool, reader: &mut Reader<'_>) -> Option<Window> {
        let stretch = &self.stretches[index];
        let anchor = &stretch.anchor;
        let (from, until) =
            (self.edge(index, Edge::Start, reader), self.edge(index, Edge::End, reader));
        let (from, until) = (from?, until?);
        let end_span = match (stretch.length, stretch.until) {
            (Some(length), _) => length.span,
            (None, Some(until)) => until.span,
            (None, None) => stretch.from.span,
        };
        let run_end = Micros::from(self.duration.as_micros());
        if until <= from {
            let message = format!("`{anchor}` ends before it starts");
            let label = format!("this is {}", self.utc(until));
            reader.report(
                Finding::at(end_span, message)
                    .label(label)
                    .also(stretch.from.span, &format!("it starts {}", self.utc(from))),
            );
            return None;
        }
        if from < 0 || from >= run_end {
            let which = if from < 0 { "before the clock starts" } else { "after the clock stops" };
            reader.report(
                Finding::at(stretch.from.span, format!("`{anchor}` starts {which}"))
                    .label(format!("this is {}", self.utc(from)))
                    .help(self.run()),
            );
            return None;
        }
        if until > run_end && !outlasts {
            reader.report(
                Finding::at(end_span, format!("`{anchor}` ends after the clock stops"))
                    .label(format!("this is {}", self.utc(until)))
                    .help(self.run()),
            );
            return None;
        }
        Some(Window { from: sim_time(from), until: sim_time(until) })
    }

    /// The instant that `moment` names, which must lie within the run.
    pub(super) fn instant(
        &self,
        moment: &Spanned<Moment>,
        what: &str,
        reader: &mut Reader<'_>,
    ) -> Option<SimTime> {
        let at = self.resolve(&moment.value, moment.span, reader)?;
        let run_end = Micros::from(self.duration.as_micros());
        if at < 0 || at >= run_end {
            reader.report(
                Finding::at(moment.span, format!("{what} lies outside the run"))
                    .label(format!("this is {}", self.utc(at)))
                    .help(self.run()),
            );
            return None;
        }
        Some(sim_time(at))
    }

    fn edge(&self, index: usize, edge: Edge, reader: &mut Reader<'_>) -> Option<Micros> {
        let cell = match edge {
            Edge::Start => 0,
            Edge::End => 1,
        };
        let stretch = &self.stretches[index];
        let known = self.known.borrow()[index][cell];
        match known {
            Known::Done(at) => return at,
            Known::Underway => {
                let message = format!("the time of `{}` depends on itself", stretch.anchor);
                let help = "one of the instants in the circle must be absolute";
                reader.report(Finding::at(stretch.from.span, message).help(help));
                return None;
            }
            Known::Nothing => {}
        }
        self.known.borrow_mut()[index][cell] = Known::Underway;
        let at = match (edge, stretch.length, stretch.until) {
            (Edge::Start, _, _) => self.resolve(&stretch.from.value, stretch.from.span, reader),
            (Edge::End, Some(length), _) => self
                .edge(index, Edge::Start, reader)
                .map(|from| from + Micros::from(length.value.as_micros())),
            (Edge::End, None, Some(until)) => self.resolve(&until.value, until.span, reader),
            (Edge::End, None, None) => None,
        };
        self.known.borrow_mut()[index][cell] = Known::Done(at);
        at
    }

    fn resolve(&self, moment: &Moment, span: Span, reader: &mut Reader<'_>) -> Option<Micros> {
        let (anchor, edge, offset) = match moment {
            Moment::At(instant) => {
                return Some(
                    Micros::from(instant.as_microsecond())
                        - Micros::from(self.start.as_microsecond()),
                );
            }
            Moment::Relative { anchor, edge, offset } => (anchor, *edge, offset),
        };
        let base = match anchor {
            Anchor::Clock => match edge {
                Edge::Start => Some(0),
                Edge::End => Some(Micros::from(self.duration.as_micros())),
            },
            Anchor::Incident => self.incident(edge, span, reader),
            Anchor::Amnesty | Anchor::Phase(_) => self.stretch(anchor, edge, span, reader),
        }?;
        let length = Micros::from(offset.length.as_micros());
        Some(if offset.back { base - length } else { base + length })
    }

    fn stretch(
        &self,
        anchor: &Anchor,
        edge: Edge,
        span: Span,
        reader: &mut Reader<'_>,
    ) -> Option<Micros> {
        let Some(index) = self.stretches.iter().position(|other| other.anchor == *anchor) else {
            let finding = if *anchor == Anchor::Amnesty {
                Finding::at(span, "there is no amnesty to refer to")
                    .help("an arm can have one: `server.amnesty: { from: …, for: 5d }`")
            } else {
                let names: Vec<String> = self
                    .stretches
                    .iter()
                    .map(|other| other.anchor.to_string())
                    .chain(["clock".to_owned(), "incident".to_owned()])
                    .collect();
                Finding::at(span, format!("there is no phase `{anchor}` to refer to"))
                    .suggest(&anchor.to_string(), names.iter().map(String::as_str))
            };
            reader.report(finding);
            return None;
        };
        self.edge(index, edge, reader)
    }

    /// The first beginning or the last end of all phases.
    fn incident(&self, edge: Edge, span: Span, reader: &mut Reader<'_>) -> Option<Micros> {
        let phases: Vec<usize> = (0..self.stretches.len())
            .filter(|&index| matches!(self.stretches[index].anchor, Anchor::Phase(_)))
            .collect();
        if phases.is_empty() {
            let message = "there is no incident to refer to: it has no phase";
            reader.report(Finding::at(span, message));
            return None;
        }
        let ends: Option<Vec<Micros>> =
            phases.into_iter().map(|index| self.edge(index, edge, reader)).collect();
        let ends = ends?.into_iter();
        match edge {
            Edge::Start => ends.min(),
            Edge::End => ends.max(),
        }
    }

    fn utc(&self, at: Micros) -> String {
        i64::try_from(at)
            .ok()
            .and_then(|at| self.start.as_microsecond().checked_add(at))
            .and_then(|at| Timestamp::from_microsecond(at).ok())
            .map_or_else(|| "out of reach".to_owned(), |instant| instant.to_string())
    }

    fn run(&self) -> String {
        let end = Micros::from(self.duration.as_micros());
        format!("the clock runs from {} to {}", self.utc(0), self.utc(end))
    }
}

fn sim_time(at: Micros) -> SimTime {
    SimTime::from_micros(u64::try_from(at).unwrap_or(u64::MAX - 1))
}
