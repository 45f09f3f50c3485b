//! What a distribution says of itself, and of parameters that make none.

use super::{laws, new};
use crate::base::{Distribution, DistributionError, Law, SimDuration};

/// That each law is refused, and why.
fn refused(cases: impl IntoIterator<Item = (Law, &'static str)>) {
    for (law, message) in cases {
        assert_eq!(Distribution::new(law).unwrap_err().to_string(), message);
    }
}

#[test]
fn bad_parameters_are_refused_with_what_was_found() {
    let constant = |value| Law::Constant { value };
    let uniform = |min, max| Law::Uniform { min, max };
    let exponential = |mean| Law::Exponential { mean };
    let normal = |mean, sd| Law::Normal { mean, sd };
    let lognormal = |median, sigma| Law::Lognormal { median, sigma };
    refused([
        (
            constant(-1.0),
            "constant with value -1, expected a finite number of at least 0",
        ),
        (
            constant(f64::NAN),
            "constant with value NaN, expected a finite number of at least 0",
        ),
        (
            uniform(-3.0, 2.0),
            "uniform with min -3, expected a finite number of at least 0",
        ),
        (
            uniform(3.0, 2.0),
            "uniform with min 3 and max 2, expected the second to be the larger",
        ),
        (
            exponential(0.0),
            "exponential with mean 0, expected a finite number above 0",
        ),
        (
            normal(-1.0, 1.0),
            "normal with mean -1, expected a finite number of at least 0",
        ),
        (
            normal(1.0, 0.0),
            "normal with sd 0, expected a finite number above 0",
        ),
        (
            lognormal(0.0, 1.0),
            "lognormal with median 0, expected a finite number above 0",
        ),
        (
            lognormal(1.0, f64::INFINITY),
            "lognormal with sigma inf, expected a finite number above 0",
        ),
    ]);
}

#[test]
fn bad_shapes_are_refused_with_what_was_found() {
    let pareto = |min, shape| Law::Pareto { min, shape };
    let weibull = |scale, shape| Law::Weibull { scale, shape };
    let gamma = |shape, scale| Law::Gamma { shape, scale };
    refused([
        (
            pareto(0.0, 1.0),
            "pareto with min 0, expected a finite number above 0",
        ),
        (
            pareto(1.0, f64::NAN),
            "pareto with shape NaN, expected a finite number above 0",
        ),
        (
            weibull(1.0, -2.0),
            "weibull with shape -2, expected a finite number above 0",
        ),
        (
            weibull(-1.0, 2.0),
            "weibull with scale -1, expected a finite number above 0",
        ),
        (
            gamma(0.0, 1.0),
            "gamma with shape 0, expected a finite number above 0",
        ),
        (
            gamma(1.0, 0.0),
            "gamma with scale 0, expected a finite number above 0",
        ),
        (
            gamma(1e7, 1.0),
            "gamma with shape 10000000, expected at most 1000000 (use normal)",
        ),
    ]);
}

#[test]
fn bad_weights_are_refused_with_their_sum() {
    let mixture = |weights: &[f64]| Law::Mixture {
        parts: weights
            .iter()
            .map(|weight| (*weight, new(Law::Constant { value: 1.0 })))
            .collect(),
    };
    refused([
        (
            mixture(&[]),
            "mixture with weights that sum to 0, expected a sum of 1",
        ),
        (
            mixture(&[0.5, 0.4]),
            "mixture with weights that sum to 0.9, expected a sum of 1",
        ),
        (
            mixture(&[1.5, -0.5]),
            "mixture with a weight of -0.5, expected a finite number of at least 0",
        ),
    ]);
    assert!(Distribution::new(mixture(&[0.1, 0.2, 0.7, 0.0])).is_ok());
}

#[test]
fn bad_tables_are_refused_with_the_point() {
    let table = |points: &[(f64, f64)]| Law::Empirical {
        points: points.to_vec(),
    };
    refused([
        (
            table(&[(0.0, 1.0)]),
            "empirical with point 1 at p 0, value 1, expected at least two points",
        ),
        (
            table(&[(0.1, 1.0), (1.0, 2.0)]),
            "empirical with point 1 at p 0.1, value 1, expected p 0 at the first point",
        ),
        (
            table(&[(0.0, 1.0), (0.9, 2.0)]),
            "empirical with point 2 at p 0.9, value 2, expected p 1 at the last point",
        ),
        (
            table(&[(0.0, 1.0), (0.5, 2.0), (0.5, 2.0), (1.0, 3.0)]),
            "empirical with point 3 at p 0.5, value 2, expected p above that of the point before",
        ),
        (
            table(&[(0.0, 2.0), (1.0, 1.0)]),
            "empirical with point 2 at p 1, value 1, expected a value not below that of the point before",
        ),
        (
            table(&[(0.0, 2.0), (f64::NAN, 3.0), (1.0, 4.0)]),
            "empirical with point 2 at p NaN, value 3, expected p above that of the point before",
        ),
        (
            table(&[(0.0, -2.0), (1.0, 1.0)]),
            "empirical with point 1 at p 0, value -2, expected a finite value of at least 0",
        ),
    ]);
}

#[test]
fn bad_quantiles_and_bounds_are_refused_in_the_unit_of_the_reader() {
    let seconds = |value: f64| format!("{value}s");
    let cases: [(DistributionError, &str); 6] = [
        (
            Law::lognormal_from_quantiles((0.99, 3.0), (0.5, 4.0)).unwrap_err(),
            "lognormal with p50 4s and p99 3s, expected the second to be the larger",
        ),
        (
            Law::weibull_from_quantiles((0.5, 4.0), (0.5, 5.0)).unwrap_err(),
            "weibull with p50 4s and p50 5s, expected the second to be the larger",
        ),
        (
            Law::pareto_from_quantiles((0.5, 4.0), (1.0, 5.0)).unwrap_err(),
            "pareto with a quantile at p 1, expected a probability between 0 and 1, both excluded",
        ),
        (
            Law::normal_from_quantiles((0.9, 4.0), (0.99, 50.0)).unwrap_err(),
            "normal with p90 4s and p99 50s, expected quantiles of a law whose mean is at least 0",
        ),
        (
            Law::exponential_from_quantile((0.5, -1.0)).unwrap_err(),
            "exponential with a quantile of -1s, expected a finite number above 0",
        ),
        (
            new(Law::Constant { value: 1.0 })
                .clamped(Some(3.0), Some(2.0))
                .unwrap_err(),
            "bounds 3s and 2s, expected finite ones of at least 0, the second not the smaller",
        ),
    ];
    for (error, message) in cases {
        assert_eq!(error.describe(seconds), message);
    }
}
#[test]
fn descriptions_say_what_a_reader_can_check() {
    let texts: Vec<String> = laws()
        .iter()
        .map(|(_, distribution)| {
            distribution
                .describe(|micros| SimDuration::from_micros(micros.round() as u64).to_string())
        })
        .collect();
    insta::assert_snapshot!(texts.join("\n"), @r"
    3s
    uniform, 5s to 9s
    exponential, mean 5m
    normal, mean 2s, sd 900ms
    lognormal, p50 4s, p99 2m
    pareto, p50 1s704ms361us, p99 34s551ms73us
    weibull, p50 10s857ms731us, p99 4m14s940ms874us
    gamma, p50 2s175ms730us, p99 7s543ms136us
    gamma, p50 1s450ms781us, p99 30s967us
    70% (lognormal, p50 4s, p99 2m) + 20% (uniform, 5s to 9s) + 10% (30s)
    empirical, p50 200ms, p99 6s600ms
    lognormal, p50 4s, p99 2m, at least 1s, at most 20s
    ");
    assert_eq!(laws()[5].1.to_string(), "pareto, p50 1704360, p99 34551100");
}
