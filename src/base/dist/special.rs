//! The functions that laws are made of: the normal law's quantile, the incomplete gamma function,
//! and a root finder.
//!
//! They are built on `libm`, not on the standard library's `ln` and `exp`: those are the
//! platform's, and a quantile table must hold the same integers on every machine. The tests hold
//! them to `statrs`.

use std::f64::consts::SQRT_2;

/// The standard normal law's probability of at most `z`.
pub(super) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The standard normal law's quantile at `p` in (0, 1); infinite at the ends.
///
/// Algorithm AS 241, routine PPND16 (Wichura, Applied Statistics 37, 1988, 477–484): relative error
/// about 1e-16.
pub(super) fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&CENTRE.0, r) / polynomial(&CENTRE.1, r);
    }
    let r = (-libm::log(p.min(1.0 - p))).sqrt();
    let z = if r <= 5.0 {
        polynomial(&FLANK.0, r - 1.6) / polynomial(&FLANK.1, r - 1.6)
    } else {
        polynomial(&TAIL.0, r - 5.0) / polynomial(&TAIL.1, r - 5.0)
    };
    z.copysign(q)
}

/// Numerator and denominator, lowest power first.
type Ratio = ([f64; 8], [f64; 8]);

const CENTRE: Ratio = (
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);

const FLANK: Ratio = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);

const TAIL: Ratio = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_9,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients
        .iter()
        .rev()
        .fold(0.0, |sum, &coefficient| sum * x + coefficient)
}

/// Terms after which a series is given up. A shape of one million needs about 6,000.
const TERMS_MAX: u32 = 100_000;

/// The regularised incomplete gamma functions P(shape, x) and Q(shape, x) = 1 - P, each computed
/// where it is the small one (series below, Lentz's continued fraction above; Numerical Recipes
/// §6.2).
pub(super) fn incomplete_gamma(shape: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    let scale = libm::exp(shape * libm::log(x) - x - libm::lgamma(shape));
    if x < shape + 1.0 {
        let p = (scale * lower_series(shape, x)).min(1.0);
        (p, 1.0 - p)
    } else {
        let q = (scale * upper_fraction(shape, x)).min(1.0);
        (1.0 - q, q)
    }
}

fn lower_series(shape: f64, x: f64) -> f64 {
    let mut term = 1.0 / shape;
    let mut sum = term;
    for n in 1..TERMS_MAX {
        term *= x / (shape + f64::from(n));
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}

fn upper_fraction(shape: f64, x: f64) -> f64 {
    let mut partial = x + 1.0 - shape;
    let mut upper = 1.0 / TINY;
    let mut lower = 1.0 / partial;
    let mut fraction = lower;
    for n in (1..TERMS_MAX).map(f64::from) {
        let numerator = -n * (n - shape);
        partial += 2.0;
        lower = 1.0 / away_from_zero(numerator * lower + partial);
        upper = away_from_zero(partial + numerator / upper);
        fraction *= lower * upper;
        if (lower * upper - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// What stands for zero where a zero would be divided by.
const TINY: f64 = 1e-300;

fn away_from_zero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

/// The smallest float in `[low, high]` at which the rising function `f` is not negative; `high` if
/// it is negative everywhere. Both ends are non-negative.
///
/// The ITP method (Oliveira and Takahashi, ACM TOMS 47, 2020) over the bits of the floats, which
/// are ordered as their values are: a guess by interpolation where the function is smooth, and
/// never more than four evaluations above bisection's 64 where it jumps.
pub(super) fn first_not_negative(f: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    assert!(
        low >= 0.0 && low <= high,
        "a bracket of [{low}, {high}] is none"
    );
    let (mut below, mut above) = (low.to_bits(), high.to_bits());
    let (mut f_below, mut f_above) = (f(low), f(high));
    if f_below >= 0.0 {
        return low;
    }
    if f_above < 0.0 || below == above {
        return high;
    }
    let whole = (above - below) as f64;
    // What the bracket may still measure if the bound on the number of steps is to hold.
    let mut allowed = EXTRA_STEPS * whole.log2().ceil().exp2();
    while above - below > 1 {
        let width = (above - below) as f64;
        allowed /= 2.0;
        let crossing = width * (f_below / (f_below - f_above));
        let step = itp_step(crossing, width, whole, (allowed - width) / 2.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the cast saturates and the clamp keeps the guess inside the bracket"
        )]
        let guess = below + (step as u64).clamp(1, above - below - 1);
        let there = f(f64::from_bits(guess));
        if there >= 0.0 {
            (above, f_above) = (guess, there);
        } else {
            (below, f_below) = (guess, there);
        }
    }
    f64::from_bits(above)
}

/// Two to the number of evaluations that may be spent above bisection's.
const EXTRA_STEPS: f64 = 16.0;

/// Where in a bracket of `width` to look next: where the chord crosses zero, moved towards the
/// middle (truncation), and never farther from it than `slack` (projection).
fn itp_step(crossing: f64, width: f64, whole: f64, slack: f64) -> f64 {
    let middle = width / 2.0;
    let towards_middle = (middle - crossing).signum();
    let distance = (middle - crossing).abs();
    let truncated = (distance - 0.2 * width * width / whole).max(0.0);
    middle - towards_middle * truncated.min(slack.max(0.0))
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Gamma, Normal};

    use super::*;

    #[test]
    fn the_normal_quantile_is_that_of_statrs_and_of_the_paper() {
        // Check values of the paper: p = 0.25, 0.001 and 1e-20.
        for (p, z) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_814),
            (1e-20, -9.262_340_089_798_408),
        ] {
            assert!((normal_quantile(p) - z).abs() < 1e-14, "{p}");
        }
        let reference = Normal::standard();
        for percent in 1..100 {
            let p = f64::from(percent) / 100.0;
            assert!((normal_quantile(p) - reference.inverse_cdf(p)).abs() < 1e-9);
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-15);
            assert!((normal_quantile(p) + normal_quantile(1.0 - p)).abs() < 1e-14);
        }
        for (p, negative) in [(0.0, true), (1.0, false)] {
            let z = normal_quantile(p);
            assert!(z.is_infinite() && z.is_sign_negative() == negative);
        }
    }

    #[test]
    fn the_incomplete_gamma_function_is_that_of_statrs() {
        for shape in [0.05, 0.5, 1.0, 2.5, 30.0, 1e4] {
            let reference = Gamma::new(shape, 1.0).unwrap();
            for share in [1e-3, 0.1, 0.5, 1.0, 1.5, 4.0] {
                let x = shape * share;
                let (p, q) = incomplete_gamma(shape, x);
                assert!((p - reference.cdf(x)).abs() < 1e-10, "{shape} {x}");
                assert!((q - reference.sf(x)).abs() < 1e-10, "{shape} {x}");
            }
        }
        assert_eq!(incomplete_gamma(2.0, 0.0), (0.0, 1.0));
        assert_eq!(incomplete_gamma(2.0, f64::INFINITY), (1.0, 0.0));
    }

    #[test]
    fn roots_are_found_to_the_last_bit_in_few_steps() {
        use std::cell::Cell;
        type Function = fn(f64) -> f64;
        for (f, low, high, root, most) in [
            ((|x| x * x - 2.0) as Function, 0.0, 4.0, 2_f64.sqrt(), 70),
            (|x| x * x - 2.0, 1.0, 2.0, 2_f64.sqrt(), 12),
            (|x| libm::log(x) - 3.0, 1e-9, 1e9, 3_f64.exp(), 30),
            // A jump: no interpolation helps.
            (|x| if x < 7.0 { -1.0 } else { 1.0 }, 0.0, f64::MAX, 7.0, 70),
            (|_| 1.0, 3.0, 5.0, 3.0, 2),
            (|_| -1.0, 3.0, 5.0, 5.0, 2),
        ] {
            let steps = Cell::new(0);
            let found = first_not_negative(
                |x| {
                    steps.set(steps.get() + 1);
                    f(x)
                },
                low,
                high,
            );
            assert!((found - root).abs() <= 4.0 * f64::EPSILON * root, "{found}");
            assert!(steps.get() <= most, "{root}: {} steps", steps.get());
        }
    }
}
