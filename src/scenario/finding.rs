//! What is wrong with a scenario, collected while it is read: one sink for all errors of all passes.

use super::source::Span;
use crate::base::text::shown;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// What is wrong, as a lower-case fragment.
    pub(crate) message: String,
    /// Where; `None` if the file itself could not be read.
    pub(crate) span: Option<Span>,
    /// What to say at the caret.
    pub(crate) label: String,
    /// A second place that explains the first.
    pub(crate) also: Option<Box<(Span, String)>>,
    /// How to mend it.
    pub(crate) help: Option<String>,
}

/// Collects findings; the same finding at the same place counts once.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    findings: Vec<Finding>,
    left_out: usize,
}

impl Finding {
    /// `message` about what stands at `span`.
    pub(crate) fn at(span: Span, message: impl AsRef<str>) -> Self {
        Self {
            message: clean(message.as_ref()),
            span: Some(span),
            label: String::new(),
            also: None,
            help: None,
        }
    }

    /// `message` about a file as a whole.
    pub(crate) fn about_file(message: impl AsRef<str>) -> Self {
        Self {
            message: clean(message.as_ref()),
            span: None,
            label: String::new(),
            also: None,
            help: None,
        }
    }

    /// Says `label` at the caret.
    #[must_use]
    pub(crate) fn label(mut self, label: impl AsRef<str>) -> Self {
        self.label = clean(label.as_ref());
        self
    }

    /// Points to a second place.
    #[must_use]
    pub(crate) fn also(mut self, span: Span, label: &str) -> Self {
        self.also = Some(Box::new((span, clean(label))));
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(clean(help.as_ref()));
        self
    }

    /// Says which of `allowed` was probably meant instead of `found`; if none is near, lists them.
    #[must_use]
    pub(crate) fn suggest<'a>(
        self,
        found: &str,
        allowed: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        // Where the right name is found, a long list beside it only hides it.
        const LONG: usize = 20;
        let mut allowed: Vec<&str> = allowed.into_iter().collect();
        let mut seen = std::collections::BTreeSet::new();
        allowed.retain(|name| seen.insert(*name));
        let near = nearest(found, &allowed);
        let list = listed(&allowed);
        match (near, list.is_empty()) {
            (Some(near), _) if (2..=LONG).contains(&allowed.len()) => {
                self.label(format!("did you mean `{near}`?")).help(format!("allowed here: {list}"))
            }
            (Some(near), _) => self.label(format!("did you mean `{near}`?")),
            (None, false) => self.help(format!("allowed here: {list}")),
            (None, true) => self,
        }
    }
}

impl Sink {
    /// Adds a finding unless it is already there.
    pub(crate) fn add(&mut self, finding: Finding) {
        let known =
            |other: &Finding| other.span == finding.span && other.message == finding.message;
        // A hostile file can hold a hundred thousand errors; nobody reads more than some.
        if self.findings.iter().any(known) {
            return;
        }
        if self.findings.len() < Self::CAPACITY {
            self.findings.push(finding);
        } else {
            self.left_out += 1;
        }
    }

    /// How many findings were too many to be kept.
    pub(crate) fn left_out(&self) -> usize {
        self.left_out
    }

    /// How many findings are kept.
    const CAPACITY: usize = 200;

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// All findings, in the order in which their places stand in the texts.
    pub(crate) fn into_sorted(mut self) -> Vec<Finding> {
        self.findings.sort_by_key(|finding| finding.span);
        self.findings
    }
}

/// Makes text from a file harmless on a terminal and keeps it short.
fn clean(text: &str) -> String {
    const LONGEST: usize = 1_500;
    let short: String = if text.chars().count() > LONGEST {
        text.chars().take(LONGEST).chain(['…']).collect()
    } else {
        text.to_owned()
    };
    shown(&short).into_owned()
}

/// The entry of `allowed` that a typing error would turn into `found`.
pub(crate) fn nearest<'a>(found: &str, allowed: &[&'a str]) -> Option<&'a str> {
    if found.len() > 64 {
        return None;
    }
    let folded = found.to_lowercase().replace('-', "_");
    allowed
        .iter()
        .map(|name| {
            let distance =
                strsim::damerau_levenshtein(&folded, &name.to_lowercase().replace('-', "_"));
            (distance, *name)
        })
        .filter(|(distance, name)| {
            let longer = name.len().max(found.len());
            *distance <= longer.div_ceil(3) && *distance < longer
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `a, b or c`, each in backticks; long lists are cut.
pub(crate) fn listed(names: &[&str]) -> String {
    const MOST: usize = 60;
    let quoted: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((_, _)) if names.len() > MOST => format!("{}, …", quoted.join(", ")),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_find_what_was_meant() {
        let allowed = ["timeout", "trigger", "max_attempts", "on_refusal"];
        for (found, meant) in [
            ("timeuot", Some("timeout")),
            ("max-attempts", Some("max_attempts")),
            ("on_refuse", Some("on_refusal")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(found, &allowed), meant, "{found}");
        }
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(listed(&[]), "");
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
