//! Kaplan–Meier: how long things last that were not all watched to their end.
//!
//! A disconnection ends with a reconnection (an event), or the clock stops first (it is censored).
//! Durations are counted in bins, so curves of any number of shards merge by addition:
//!
//! ```text
//!   edges      e0        e1        e2                 en
//!      ├─ bin 0 ─┼─ bin 1 ─┼─ bin 2 ─┼─ …    ─ bin n ─┤  longer: watched up to en, and no further
//!      0       (0, e0]   (e0, e1]
//! ```
//!
//! What ends in a bin counts as ending at the bin's upper edge. An event and a censoring in one
//! bin: the event comes first, so the censored one was at risk (Kaplan and Meier, JASA 53, 1958,
//! 457–481).
//!
//! Interval: Greenwood's variance of the logarithm, on the log(-log) scale (Kalbfleisch and
//! Prentice, *The Statistical Analysis of Failure Time Data*, 1980), which keeps both ends between
//! 0 and 1. It treats durations as independent, which orgs of one coupled run are not: read it as a
//! lower bound of the uncertainty.

use super::estimate::normal_factor;
use crate::base::SimDuration;

/// Counts of durations by bin, and how they ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KaplanMeier {
    /// Upper edges of the bins, ascending.
    edges: Vec<SimDuration>,
    events: Vec<u64>,
    censored: Vec<u64>,
}

/// The curve from one instant to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurvivalStep {
    /// Where the step is: the upper edge of a bin; zero for the first.
    pub at: SimDuration,
    /// Share that lasts longer than this.
    pub share: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How many were still watched just before.
    pub at_risk: u64,
    /// How many ended here.
    pub events: u64,
    /// How many were not watched any further.
    pub censored: u64,
}

impl KaplanMeier {
    /// Nothing watched yet, with bins that end at `edges`.
    ///
    /// # Panics
    /// If there are no edges, or they do not ascend.
    pub fn new(edges: Vec<SimDuration>) -> Self {
        let bins = edges.len();
        Self::from_counts(edges, vec![0; bins], vec![0; bins])
    }

    /// Counts made elsewhere: bin `n` holds durations above edge `n - 1` and up to edge `n`.
    ///
    /// # Panics
    /// If there are no edges, they do not ascend, or there are not as many counts as edges.
    pub fn from_counts(edges: Vec<SimDuration>, events: Vec<u64>, censored: Vec<u64>) -> Self {
        assert!(
            !edges.is_empty() && edges.is_sorted_by(|a, b| a < b),
            "bins need ascending edges"
        );
        assert!(
            events.len() == edges.len() && censored.len() == edges.len(),
            "{} edges with {} and {} counts",
            edges.len(),
            events.len(),
            censored.len()
        );
        Self {
            edges,
            events,
            censored,
        }
    }

    /// Counts a duration that ended. One above the last edge counts as watched up to that edge.
    pub fn event(&mut self, duration: SimDuration) {
        match self.bin(duration) {
            Some(bin) => self.events[bin] += 1,
            None => self.censored(duration),
        }
    }

    /// Counts a duration that was still going on when it was last seen.
    pub fn censored(&mut self, duration: SimDuration) {
        let last = self.edges.len() - 1;
        let bin = self.bin(duration).unwrap_or(last);
        self.censored[bin] += 1;
    }

    /// Adds the counts of another curve over the same bins.
    ///
    /// # Panics
    /// If the bins are others.
    pub fn merge(&mut self, other: &Self) {
        assert!(
            self.edges == other.edges,
            "curves over different bins do not merge"
        );
        for (mine, theirs) in [
            (&mut self.events, &other.events),
            (&mut self.censored, &other.censored),
        ] {
            for (count, more) in mine.iter_mut().zip(theirs) {
                *count += more;
            }
        }
    }

    /// How many durations were counted.
    pub fn total(&self) -> u64 {
        self.events.iter().chain(&self.censored).sum()
    }

    /// The curve with its interval at `level` (0.95, say): a first step at zero, then one for each
    /// bin in which something ended or was last seen.
    ///
    /// Before the first event the interval has no width. Where the share falls to zero its variance
    /// is not defined: the interval then runs from zero to the upper end of the step before.
    ///
    /// # Panics
    /// If `level` does not lie between 0 and 1.
    pub fn steps(&self, level: f64) -> Vec<SurvivalStep> {
        let z = normal_factor(level);
        let mut step = SurvivalStep {
            at: SimDuration::ZERO,
            share: 1.0,
            low: 1.0,
            high: 1.0,
            at_risk: self.total(),
            events: 0,
            censored: 0,
        };
        let mut steps = vec![step];
        let mut greenwood = 0.0;
        for (bin, &at) in self.edges.iter().enumerate() {
            let (events, censored) = (self.events[bin], self.censored[bin]);
            if events + censored == 0 {
                continue;
            }
            let at_risk = step.at_risk - step.events - step.censored;
            let survivors = at_risk - events;
            if events > 0 {
                step.share *= survivors as f64 / at_risk as f64;
                greenwood += events as f64 / (at_risk as f64 * survivors as f64);
                (step.low, step.high) = log_log(step.share, greenwood, z, step.high);
            }
            step = SurvivalStep {
                at,
                at_risk,
                events,
                censored,
                ..step
            };
            steps.push(step);
        }
        steps
    }

    /// The bin of a duration, unless it lies above the last edge.
    fn bin(&self, duration: SimDuration) -> Option<usize> {
        let bin = self.edges.partition_point(|edge| *edge < duration);
        (bin < self.edges.len()).then_some(bin)
    }
}

/// The interval of a share whose logarithm has the variance `greenwood`. `before` is the upper end
/// of the step before.
fn log_log(share: f64, greenwood: f64, z: f64, before: f64) -> (f64, f64) {
    if share <= 0.0 {
        return (0.0, before);
    }
    let stretch = libm::exp(z * greenwood.sqrt() / -libm::log(share));
    (libm::pow(share, stretch), libm::pow(share, stretch.recip()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Hours 1 to 40, one a bin.
    fn hours() -> KaplanMeier {
        KaplanMeier::new((1..=40).map(SimDuration::from_hours).collect())
    }

    /// Weeks of remission of 21 children with leukaemia under 6-mercaptopurine (Freireich et al.,
    /// Blood 21, 1963, 699–716), the example of most textbooks; hours here.
    fn freireich() -> KaplanMeier {
        let mut curve = hours();
        for hour in [6, 6, 6, 7, 10, 13, 16, 22, 23] {
            curve.event(SimDuration::from_hours(hour));
        }
        for hour in [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35] {
            curve.censored(SimDuration::from_hours(hour));
        }
        curve
    }

    /// Shares as in Cox and Oakes, *Analysis of Survival Data*, 1984, §4.2; intervals as common
    /// packages print them on the log(-log) scale.
    #[test]
    fn the_curve_is_that_of_the_textbooks() {
        let steps = freireich().steps(0.95);
        let expected = [
            (0, 21, 1.0, 1.0, 1.0),
            (6, 21, 0.8571, 0.6197, 0.9516),
            (7, 17, 0.8067, 0.5631, 0.9228),
            (10, 15, 0.7529, 0.5032, 0.8894),
            (13, 12, 0.6902, 0.4316, 0.8491),
            (16, 11, 0.6275, 0.3675, 0.8049),
            (22, 7, 0.5378, 0.2678, 0.7468),
            (23, 6, 0.4482, 0.1881, 0.6801),
        ];
        let falls: Vec<_> = steps
            .iter()
            .filter(|step| step.events > 0 || step.at.is_zero())
            .collect();
        assert_eq!(falls.len(), expected.len());
        for (step, (hour, at_risk, share, low, high)) in falls.into_iter().zip(expected) {
            assert_eq!(
                (step.at, step.at_risk),
                (SimDuration::from_hours(hour), at_risk)
            );
            for (found, wanted) in [(step.share, share), (step.low, low), (step.high, high)] {
                assert!(
                    (found - wanted).abs() < 6e-5,
                    "{hour} h: {found} for {wanted}"
                );
            }
        }
        // The last one is seen until hour 35; the curve does not fall any more.
        let last = steps.last().unwrap();
        assert_eq!(
            (last.at, last.at_risk, last.censored),
            (SimDuration::from_hours(35), 1, 1)
        );
        assert!((last.share - 0.4482).abs() < 6e-5);
    }

    #[test]
    fn without_censoring_it_is_the_share_still_going_on() {
        let mut curve = hours();
        for hour in 1..=4 {
            curve.event(SimDuration::from_hours(hour));
        }
        let shares: Vec<f64> = curve.steps(0.95).iter().map(|step| step.share).collect();
        for (found, wanted) in shares.into_iter().zip([1.0, 0.75, 0.5, 0.25, 0.0]) {
            assert!((found - wanted).abs() < 1e-15);
        }
        let steps = curve.steps(0.95);
        let (before, last) = (steps[3], steps[4]);
        assert_eq!((last.low, last.high), (0.0, before.high));
    }

    #[test]
    fn durations_fall_into_the_bin_that_they_do_not_exceed() {
        let mut curve = KaplanMeier::new([2, 5].map(SimDuration::from_hours).to_vec());
        let micros = |hours: u64, more: u64| SimDuration::from_micros(hours * 3_600_000_000 + more);
        for duration in [
            micros(0, 0),
            micros(2, 0),
            micros(2, 1),
            micros(5, 0),
            micros(5, 1),
        ] {
            curve.event(duration);
        }
        curve.censored(micros(100, 0));
        let counts = KaplanMeier::from_counts(curve.edges.clone(), vec![2, 2], vec![0, 2]);
        assert_eq!(curve, counts);
    }

    #[test]
    fn nothing_watched_is_a_curve_without_falls() {
        let steps = hours().steps(0.95);
        assert_eq!(steps.len(), 1);
        assert_eq!((steps[0].at_risk, steps[0].share), (0, 1.0));
    }

    proptest! {
        #[test]
        fn shards_merge_to_the_whole(
            durations in prop::collection::vec((0..45_u64, any::<bool>(), any::<bool>()), 0..200),
        ) {
            let (mut whole, mut shards) = (hours(), [hours(), hours()]);
            for (hour, ended, shard) in durations {
                for curve in [&mut whole, &mut shards[usize::from(shard)]] {
                    if ended {
                        curve.event(SimDuration::from_hours(hour));
                    } else {
                        curve.censored(SimDuration::from_hours(hour));
                    }
                }
            }
            let [mut merged, other] = shards;
            merged.merge(&other);
            prop_assert_eq!(&merged, &whole);
            let steps = whole.steps(0.95);
            for pair in steps.windows(2) {
                prop_assert!(pair[1].share <= pair[0].share && pair[1].at > pair[0].at);
                prop_assert!(pair[1].low <= pair[1].share && pair[1].share <= pair[1].high + 1e-15);
                prop_assert!((0.0..=1.0).contains(&pair[1].low) && pair[1].high <= 1.0);
            }
        }
    }
}
