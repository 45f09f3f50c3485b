//! Rows about the server, for runs in which orgs meet there.

use super::Row;
use crate::experiment::results::{Estimate, GoodputSummary, LoadSummary, StationSummary, Summary};
use crate::report::words::{amount, count, duration, share, share_of};

type Cell = fn(&LoadSummary) -> String;
type Count = fn(&LoadSummary) -> Estimate;

const ROWS: &[(&str, Cell)] = &[
    ("requests offered to the server", |load| amount(load.offered.mean)),
    ("  turned away with 429", |load| of_offered(load, load.throttled)),
    ("  turned away with 503", |load| of_offered(load, load.rejected)),
    ("  cancelled by the client", |load| of_offered(load, load.cancelled)),
    ("  served", |load| of_offered(load, load.served)),
    ("  served for nobody", |load| share(load.wasted_share.mean)),
    ("background requests", |load| amount(load.background.mean)),
    ("  turned away", |load| {
        load.background_rejected.map_or_else(none, |part| share_of(part.mean, load.background.mean))
    }),
    ("workers busy", |load| of_station(load, |station| share(station.utilisation.mean))),
    ("  in the worst time bin", |load| {
        of_station(load, |station| share(station.utilisation_peak.mean))
    }),
    ("queue, mean", |load| of_station(load, |station| count(station.queue_mean.mean))),
    ("  in the worst time bin", |load| of_station(load, |station| count(station.queue_peak.mean))),
    ("tokens stored a second, before", |load| {
        of_goodput(load, |goodput| count(goodput.before_per_second.mean))
    }),
    ("  after the incident", |load| {
        of_goodput(load, |goodput| {
            let after = count(goodput.after_per_second.mean);
            format!("{after}, {}", share(goodput.after_share.mean))
        })
    }),
    ("  back to 90 % after", |load| of_goodput(load, recovery)),
];

/// Rows that are left out where they count nothing in any arm.
const ONLY_IF_ANY: [(&str, Count); 3] = [
    ("  turned away with 429", |load| load.throttled),
    ("  cancelled by the client", |load| load.cancelled),
    ("background requests", |load| load.background),
];

/// The rows, one cell an arm; none where orgs do not meet at the server.
pub(super) fn rows(summary: &Summary) -> Vec<Row> {
    let loads: Vec<_> = summary.arms.iter().map(|arm| arm.load.as_ref()).collect();
    if loads.iter().all(Option::is_none) {
        return Vec::new();
    }
    let silent = |label: &str| {
        let of = ONLY_IF_ANY.iter().find(|(optional, _)| *optional == label);
        of.is_some_and(|(_, of)| loads.iter().flatten().all(|load| of(load).mean <= 0.0))
    };
    let told = ROWS.iter().filter(|(label, _)| !silent(label));
    let rows = told.map(|(label, cell)| Row {
        label: (*label).to_owned(),
        cells: loads.iter().map(|load| load.map_or_else(none, cell)).collect(),
    });
    // What is measured in no arm is left out: there was no incident, or there are no workers to count.
    rows.filter(|row| row.cells.iter().any(|cell| *cell != none())).collect()
}

fn none() -> String {
    "–".to_owned()
}

fn of_offered(load: &LoadSummary, part: Estimate) -> String {
    share_of(part.mean, load.offered.mean)
}

fn of_station(load: &LoadSummary, cell: fn(&StationSummary) -> String) -> String {
    load.station.as_ref().map_or_else(none, cell)
}

fn of_goodput(load: &LoadSummary, cell: fn(&GoodputSummary) -> String) -> String {
    load.goodput.as_ref().map_or_else(none, cell)
}

/// When goodput is back; and in how many replications, where not in all or none.
fn recovery(goodput: &GoodputSummary) -> String {
    let after = match goodput.recovered_after_seconds {
        None if goodput.recovered_share > 0.0 => {
            return format!("in {} of runs", share(goodput.recovered_share));
        }
        None => "never".to_owned(),
        Some(after) if after <= 0.0 => "at once".to_owned(),
        Some(after) => duration(after),
    };
    match goodput.recovered_share {
        share if share <= 0.0 || share >= 1.0 => after,
        part => format!("{after} (it is in {})", share(part)),
    }
}
