//! `ranking.csv`: the arms of a run that has many, best first, for spreadsheets and for git.
//!
//! What stands in it stands in `summary.json` too, in a few kilobytes here and in megabytes there. It is
//! not read again. Each line names the seed and the scenario's digest, so that a line that is copied
//! elsewhere says what it was found with.

use std::fmt::Write as _;

use super::fields::push;
use crate::base::rows::quoted;
use crate::experiment::results::Summary;
use crate::report::rank::order;
use crate::report::sentence::contrast;

/// The header: names with units.
pub const HEADER: &str = "rank,arm,needed_person_orgs,needed_person_low_orgs,needed_person_high_orgs,\
orgs,saved_orgs,harmed_orgs,replay_exposure_org_hours,replications,seed,scenario_sha256";

/// `ranking.csv`, with a newline at the end. The first arm has nothing to be saved or harmed against.
pub fn write(summary: &Summary) -> String {
    let mut out = format!("{HEADER}\n");
    for (rank, place) in order(summary).into_iter().enumerate() {
        let arm = &summary.arms[place];
        let against = contrast(summary, &arm.name);
        let needed = arm.total.needed_person;
        // Writing to a String cannot fail.
        let _ = write!(out, "{},{}", rank + 1, quoted(&arm.name));
        for number in [
            Some(needed.mean),
            Some(needed.low),
            Some(needed.high),
            Some(arm.total.orgs as f64),
            against.map(|contrast| contrast.saved.mean),
            against.map(|contrast| contrast.harmed.mean),
            Some(arm.total.replay_exposure_org_hours.mean),
        ] {
            push(&mut out, number);
        }
        let _ = writeln!(out, ",{},{},{}", summary.replications, summary.seed, summary.digest);
    }
    out
}
