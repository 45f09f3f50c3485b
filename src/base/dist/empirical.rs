//! Empirical: what was measured, as a table of quantiles with straight lines between them.
//!
//! Points `(p, value)` from p = 0 (the smallest value) to p = 1 (the largest). Two points of one
//! value are an atom: that value has their difference in p.

use rand::{Rng, RngExt};

use super::DistributionError;

type Points = [(f64, f64)];

pub(super) fn check(points: &Points) -> Result<(), DistributionError> {
    let last = points.len().saturating_sub(1);
    if last == 0 {
        let (p, value) = points.first().copied().unwrap_or((f64::NAN, f64::NAN));
        return Err(out_of_order(0, (p, value), "at least two points"));
    }
    for (index, &(p, value)) in points.iter().enumerate() {
        let expected = if !value.is_finite() || value < 0.0 {
            "a finite value of at least 0"
        } else if index == 0 && p != 0.0 {
            "p 0 at the first point"
        } else if index == last && p.to_bits() != 1.0_f64.to_bits() {
            "p 1 at the last point"
        } else if index > 0 && (p.is_nan() || p <= points[index - 1].0) {
            "p above that of the point before"
        } else if index > 0 && value < points[index - 1].1 {
            "a value not below that of the point before"
        } else {
            continue;
        };
        return Err(out_of_order(index, (p, value), expected));
    }
    Ok(())
}

fn out_of_order(index: usize, (p, value): (f64, f64), expected: &'static str) -> DistributionError {
    DistributionError::Point {
        index,
        p,
        value,
        expected,
    }
}

pub(super) fn quantile(points: &Points, p: f64) -> f64 {
    let above = points.partition_point(|point| point.0 <= p);
    line(points, above, p, |point| point)
}

/// At an atom, the probability with the atom in it.
pub(super) fn cdf(points: &Points, x: f64) -> f64 {
    let above = points.partition_point(|point| point.1 <= x);
    if above == 0 {
        return 0.0;
    }
    line(points, above, x, |(p, value)| (value, p))
}

/// The straight line through the points on either side of `above`, which is the first beyond `x`.
fn line(points: &Points, above: usize, x: f64, axes: impl Fn((f64, f64)) -> (f64, f64)) -> f64 {
    let last = points.len() - 1;
    if above > last {
        return axes(points[last]).1;
    }
    let (x0, y0) = axes(points[above.max(1) - 1]);
    let (x1, y1) = axes(points[above.max(1)]);
    y0 + (y1 - y0) * ((x - x0) / (x1 - x0))
}

pub(super) fn mean(points: &Points) -> f64 {
    points
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1))
        .sum()
}

/// By inversion: there is no other way to sample a table.
pub(super) fn sample(points: &Points, rng: &mut (impl Rng + ?Sized)) -> f64 {
    quantile(points, rng.random())
}
