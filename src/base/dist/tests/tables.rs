//! The compiled tables, held to the distributions they were compiled from.

use proptest::prelude::*;

use super::{CRITICAL, SAMPLE, kolmogorov_distance, laws, new};
use crate::base::{Distribution, Law, OrgKey, Purpose, QuantileTable, Seed, SimDuration};

/// Where tables cut values.
const CUT: f64 = 18_014_398_509_481_983.0;

#[test]
fn compiled_tables_follow_the_distribution_function() {
    for (name, distribution) in laws() {
        let table = QuantileTable::compile(&distribution);
        let key = OrgKey::new(Seed(7), 0, 0);
        let sample = (0..SAMPLE)
            .map(|n| table.at(key.draw(n, 0, Purpose::ServiceTime)) as f64)
            .collect();
        let distance = kolmogorov_distance(sample, &distribution, 0.5);
        assert!(distance < CRITICAL, "{name}: {distance}");
    }
}

/// Sharper than any sample: draws at equal distances. Only the table's own error is left, and the
/// step.
#[test]
fn compiled_tables_are_no_further_off_than_their_pieces() {
    for (name, distribution) in laws() {
        let table = QuantileTable::compile(&distribution);
        let sample = (0..SAMPLE)
            .map(|n| table.at(u64::from(n) * (u64::MAX / u64::from(SAMPLE)) + (1 << 48)) as f64)
            .collect();
        let distance = kolmogorov_distance(sample, &distribution, 0.5);
        assert!(distance < 2.5e-4, "{name}: {distance}");
    }
}

#[test]
fn compiled_tables_keep_the_tail() {
    for (name, distribution) in laws() {
        let table = QuantileTable::compile(&distribution);
        for nines in [2, 3, 4, 6, 9, 12, 14] {
            let rest = 10_f64.powi(-nines);
            let draw = u64::MAX - (rest * 2_f64.powi(64)) as u64;
            let (found, exact) = (
                table.at(draw) as f64,
                distribution.quantile(1.0 - rest).min(CUT),
            );
            assert!(
                (found / exact - 1.0).abs() < 1e-3,
                "{name}, {nines} nines: {found} for {exact}"
            );
        }
    }
}
#[test]
fn constants_cost_no_table() {
    for (distribution, value) in [
        (
            Distribution::exactly(SimDuration::from_millis(250)),
            250_000,
        ),
        (Distribution::exponential(SimDuration::ZERO), 0),
        (new(Law::Constant { value: 0.6 }), 1),
        (
            new(Law::Constant { value: 5.0 })
                .clamped(None, Some(2.0))
                .unwrap(),
            2,
        ),
        (
            new(Law::Exponential { mean: 1.0 })
                .clamped(Some(7.0), Some(7.0))
                .unwrap(),
            7,
        ),
    ] {
        let table = QuantileTable::compile(&distribution);
        assert_eq!((table.constant(), table.at(12_345)), (Some(value), value));
    }
}

#[test]
fn small_whole_numbers_are_rounded_and_not_cut() {
    // Uniform between 0 and 4: 0 and 4 have an eighth each, 1 to 3 a quarter.
    let table = QuantileTable::compile(&new(Law::Uniform { min: 0.0, max: 4.0 }));
    let mut counts = [0; 5];
    for n in 0..8_000_u64 {
        counts[table.at(n * (u64::MAX / 8_000) + (1 << 50)) as usize] += 1;
    }
    assert_eq!(counts, [1_000, 2_000, 2_000, 2_000, 1_000]);
}

#[test]
fn a_jump_stays_a_jump() {
    let parts = vec![
        (0.9, new(Law::Constant { value: 1e6 })),
        (0.1, new(Law::Constant { value: 120e6 })),
    ];
    let table = QuantileTable::compile(&new(Law::Mixture { parts }));
    for n in 0..100_000_u64 {
        let value = table.at(OrgKey::new(Seed(3), 0, n).draw(0, 0, Purpose::ServiceTime));
        assert!([1_000_000, 120_000_000].contains(&value), "{value}");
    }
}

#[test]
fn the_ends_are_finite_and_the_far_end_is_cut() {
    let wild = new(Law::Pareto {
        min: 1.0,
        shape: 0.001,
    });
    assert!(wild.quantile(1.0) >= f64::MAX);
    assert_eq!(QuantileTable::compile(&wild).at(u64::MAX), (1 << 54) - 1);
    for (name, distribution) in laws() {
        assert!(distribution.quantile(0.0) >= 0.0, "{name}");
        assert!(distribution.quantile(1.0) < f64::MAX, "{name}");
        assert!(distribution.at(0) <= distribution.at(u64::MAX), "{name}");
        assert!(
            distribution.cdf(-1.0) == 0.0 && distribution.cdf(f64::MAX) > 0.999,
            "{name}"
        );
    }
}
proptest! {
    #[test]
    fn tables_and_quantiles_rise_with_the_draw(seed: u64) {
        thread_local! {
            static TABLES: Vec<(Distribution, QuantileTable)> = laws()
                .into_iter()
                .map(|(_, distribution)| {
                    let table = QuantileTable::compile(&distribution);
                    (distribution, table)
                })
                .collect();
        }
        // Near, far, and in both tails.
        let draws = [seed, seed.wrapping_add(1 << 40), seed >> 20, !(seed >> 20), !(seed >> 45)];
        TABLES.with(|tables| {
            for (distribution, table) in tables {
                for one in draws {
                    for other in draws {
                        if one <= other {
                            prop_assert!(table.at(one) <= table.at(other));
                            prop_assert!(distribution.at(one) <= distribution.at(other));
                        }
                    }
                    // Closer to the ends, the 53 bits of a float are too few to name the quantile.
                    if one.min(!one) > 1 << 24 {
                        let (found, exact) = (table.at(one) as f64, distribution.at(one).min(CUT));
                        let median = distribution.quantile(0.5);
                        let tolerance = (exact * 5e-4).max(median * 1e-4).max(1.0);
                        prop_assert!((found - exact).abs() <= tolerance, "{found} {exact}");
                    }
                }
            }
            Ok(())
        })?;
    }
}
