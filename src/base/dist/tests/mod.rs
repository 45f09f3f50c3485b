//! What holds for every law: its distribution function, the values of `statrs`, pinned values.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the values of the tests are small and not negative"
)]

mod messages;
mod tables;

use std::fmt::Write as _;

use proptest::prelude::*;
use statrs::distribution::{self, ContinuousCDF};

use super::{Distribution, Law, QuantileTable};
use crate::base::{OrgKey, Purpose, Seed, Stream};

fn new(law: Law) -> Distribution {
    Distribution::new(law).unwrap()
}

/// Every law, with values in the region of a second in microseconds.
fn laws() -> Vec<(&'static str, Distribution)> {
    let lognormal = Law::lognormal_from_quantiles((0.5, 4e6), (0.99, 120e6)).unwrap();
    let slow = Law::Uniform { min: 5e6, max: 9e6 };
    let parts = vec![
        (0.7, new(lognormal.clone())),
        (0.2, new(slow.clone())),
        (0.1, new(Law::Constant { value: 30e6 })),
    ];
    let points = vec![(0.0, 1e5), (0.5, 2e5), (0.9, 1e6), (0.95, 1e6), (1.0, 8e6)];
    vec![
        ("constant", new(Law::Constant { value: 3e6 })),
        ("uniform", new(slow)),
        ("exponential", new(Law::Exponential { mean: 3e8 })),
        ("normal", new(Law::Normal { mean: 2e6, sd: 9e5 })),
        ("lognormal", new(lognormal.clone())),
        (
            "pareto",
            new(Law::Pareto {
                min: 1e6,
                shape: 1.3,
            }),
        ),
        (
            "weibull",
            new(Law::Weibull {
                scale: 2e7,
                shape: 0.6,
            }),
        ),
        (
            "gamma",
            new(Law::Gamma {
                shape: 2.5,
                scale: 1e6,
            }),
        ),
        (
            "gamma below 1",
            new(Law::Gamma {
                shape: 0.4,
                scale: 1e7,
            }),
        ),
        ("mixture", new(Law::Mixture { parts })),
        ("empirical", new(Law::Empirical { points })),
        (
            "clamped",
            new(lognormal).clamped(Some(1e6), Some(2e7)).unwrap(),
        ),
    ]
}

fn stream(test: u32) -> Stream {
    OrgKey::new(Seed(20_180_312), 0, 0).stream(test, 0, Purpose::ServiceTime)
}

/// The distance between the distribution functions of a sample and of a distribution, atoms
/// included. Values of the sample may be rounded by up to `rounding`.
fn kolmogorov_distance(mut sample: Vec<f64>, distribution: &Distribution, rounding: f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let count = sample.len() as f64;
    let mut distance = 0.0_f64;
    let mut below = 0;
    for ties in sample.chunk_by(|a, b| a.total_cmp(b).is_eq()) {
        let before = distribution.cdf((ties[0] - rounding).next_down());
        let upto = distribution.cdf(ties[0] + rounding);
        distance = distance.max(before - below as f64 / count);
        below += ties.len();
        distance = distance.max(below as f64 / count - upto);
    }
    distance
}

/// Size of the samples, and the distance that a true law exceeds with a risk of one in ten thousand
/// each (Kolmogorov's limit, `sqrt(-ln(α / 2) / 2n)` for α = 1e-4; atoms make it smaller).
const SAMPLE: u32 = 20_000;
const CRITICAL: f64 = 0.015_73;
#[test]
fn samples_of_rand_distr_follow_the_distribution_function() {
    for (name, distribution) in laws() {
        let mut rng = stream(1);
        let sample = (0..SAMPLE).map(|_| distribution.sample(&mut rng)).collect();
        let distance = kolmogorov_distance(sample, &distribution, 0.0);
        assert!(distance < CRITICAL, "{name}: {distance}");
    }
}
type Quantile = Box<dyn Fn(f64) -> f64>;

#[test]
fn quantiles_are_those_of_statrs() {
    let normal = distribution::Normal::new(2e6, 9e5).unwrap();
    let lognormal = distribution::LogNormal::new(4e6_f64.ln(), 30_f64.ln() / 2.326_347_874_040_841);
    let cases: Vec<(&str, Quantile)> = vec![
        ("exponential", {
            let law = distribution::Exp::new(1.0 / 3e8).unwrap();
            Box::new(move |p| law.inverse_cdf(p))
        }),
        ("normal", Box::new(move |p| normal.inverse_cdf(p))),
        ("lognormal", {
            let law = lognormal.unwrap();
            Box::new(move |p| law.inverse_cdf(p))
        }),
        ("pareto", {
            let law = distribution::Pareto::new(1e6, 1.3).unwrap();
            Box::new(move |p| law.inverse_cdf(p))
        }),
        ("weibull", {
            let law = distribution::Weibull::new(0.6, 2e7).unwrap();
            Box::new(move |p| law.inverse_cdf(p))
        }),
        ("gamma", {
            let law = distribution::Gamma::new(2.5, 1e-6).unwrap();
            Box::new(move |p| law.inverse_cdf(p))
        }),
    ];
    let laws = laws();
    for (name, reference) in cases {
        let (_, ours) = laws.iter().find(|(other, _)| *other == name).unwrap();
        for p in [0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999] {
            let (found, expected) = (ours.quantile(p), reference(p));
            assert!(
                (found / expected - 1.0).abs() < 1e-6,
                "{name} {p}: {found} for {expected}"
            );
        }
    }
}

#[test]
fn means_are_known_where_they_exist() {
    for (name, distribution) in laws() {
        // By the midpoint rule over the quantile function; heavy tails and bounds would need more.
        if ["clamped", "pareto", "normal"].contains(&name) {
            continue;
        }
        let steps = 20_000;
        let sum: f64 = (0..steps)
            .map(|n| distribution.quantile((f64::from(n) + 0.5) / f64::from(steps)))
            .sum();
        let mean = distribution.mean().unwrap();
        let error = sum / f64::from(steps) / mean - 1.0;
        assert!(error.abs() < 2e-3, "{name}: {error}");
    }
    assert_eq!(
        new(Law::Pareto {
            min: 1.0,
            shape: 1.0
        })
        .mean(),
        None
    );
}

/// Value stability, to the microsecond: an upgrade must not silently change every result.
#[test]
fn values_are_pinned() {
    let mut lines = String::new();
    for (name, distribution) in laws() {
        let mut rng = stream(2);
        let [x, y, z] = [(); 3].map(|()| distribution.sample(&mut rng));
        writeln!(lines, "{name:<14}sample  {x:.0} {y:.0} {z:.0}").unwrap();
        let table = QuantileTable::compile(&distribution);
        let key = OrgKey::new(Seed(20_180_312), 0, 1);
        let [x, y, z] = [1, 2, 3].map(|n| table.at(key.draw(n, 0, Purpose::ServiceTime)));
        writeln!(lines, "{name:<14}table   {x} {y} {z}").unwrap();
    }
    insta::assert_snapshot!(lines, @r"
    constant      sample  3000000 3000000 3000000
    constant      table   3000000 3000000 3000000
    uniform       sample  6034942 7385961 5397422
    uniform       table   5897926 7625626 7316615
    exponential   sample  173813029 100049427 16298869
    exponential   table   76267055 320488950 259646380
    normal        sample  1208543 2137794 1435609
    normal        table   1318569 2362408 2179756
    lognormal     sample  1105820 5003505 1599118
    lognormal     table   1322236 7206767 5356471
    pareto        sample  2829106 1488034 5907327
    pareto        table   1215988 2274515 1945969
    weibull       sample  33059570 6654007 80677541
    weibull       table   2040439 22328004 15720455
    gamma         sample  1112897 1368479 3892243
    gamma         table   1253241 2816448 2479737
    gamma below 1 sample  419768 1029204 1168055
    gamma below 1 table   179322 3224137 2204447
    mixture       sample  5003505 978184 8885217
    mixture       table   2024485 8407794 7332567
    empirical     sample  151747 392981 119871
    empirical     table   144896 512813 358308
    clamped       sample  1105820 5003505 1599118
    clamped       table   1322236 7206767 5356471
    ");
}
proptest! {
    #[test]
    fn the_distribution_function_undoes_the_quantile(p in 1e-6..0.999_999_f64) {
        for (name, distribution) in laws() {
            let back = distribution.cdf(distribution.quantile(p));
            prop_assert!(back >= p - 1e-9, "{name}");
            if !["constant", "mixture", "empirical", "clamped", "normal"].contains(&name) {
                prop_assert!((back - p).abs() < 1e-9, "{name}: {back} for {p}");
            }
        }
    }
}
