//! What the judging of expectations hands to the reports of a pipeline.

/// One expectation of one scenario, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Name of the scenario.
    pub scenario: String,
    /// The file that the expectation stands in.
    pub file: String,
    /// Its line in that file, from 1.
    pub line: usize,
    /// The expectation as written.
    pub text: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was found: "25.1 % (24.8–25.4 %), expected at most 5 %".
    pub detail: String,
    /// How far it is missed, as a share of what was expected; 0 where it holds. Failures are shown in
    /// this order, largest first.
    pub miss: f64,
}
