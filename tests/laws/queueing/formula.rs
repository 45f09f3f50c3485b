//! Closed forms. Rates are per second; `load` is arrivals times mean service, in workers (erlangs).

/// The chances of 0, 1, … `last` being present where `n` of them become more by the rate `births(n)`,
/// and fewer by `deaths(n)`.
pub(super) fn birth_and_death(
    last: usize,
    births: impl Fn(f64) -> f64,
    deaths: impl Fn(f64) -> f64,
) -> Vec<f64> {
    let mut weights = vec![1.0];
    for n in 0..last {
        weights.push(weights[n] * births(n as f64) / deaths(n as f64 + 1.0));
    }
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

/// The share that M/M/c/K turns away, with room for `places` waiting and in service. For as many places
/// as workers it is Erlang's B, whatever the law of service.
pub(super) fn loss(workers: u32, places: usize, load: f64) -> f64 {
    let busy = |present: f64| present.min(workers.into());
    birth_and_death(places, |_| load, busy)[places]
}

/// The share that waits in M/M/c (Erlang's C).
pub(super) fn erlang_c(workers: u32, load: f64) -> f64 {
    let term = |n: u32| (1..=n).map(|k| load / f64::from(k)).product::<f64>();
    let waits = term(workers) / (1.0 - load / f64::from(workers));
    waits / ((0..workers).map(term).sum::<f64>() + waits)
}

/// The mean wait in M/G/1 in seconds, after Pollaczek and Khinchine: service of mean 1 and this variance.
pub(super) fn pollaczek_khinchine(load: f64, variance: f64) -> f64 {
    load * (1.0 + variance) / (2.0 * (1.0 - load))
}

/// The share that M/D/1/K turns away (Brun and Garcia, "Analytical solution of finite capacity M/D/1
/// queues", Journal of Applied Probability, 2000).
pub(super) fn loss_of_constant_service(places: i32, load: f64) -> f64 {
    let mut b = 0.0;
    for k in 0..places {
        let left = f64::from(places - 1 - k);
        let factorial: f64 = (1..=k).map(f64::from).product();
        b += (-1.0_f64).powi(k) / factorial * (left * load).powi(k) * (left * load).exp();
    }
    1.0 - b / (1.0 + load * b)
}

/// Figures of the project's facts and of textbooks.
#[test]
fn the_formulas_give_the_figures_on_record() {
    let wait = |workers: u32, use_of: f64| {
        let load = use_of * f64::from(workers);
        let c = erlang_c(workers, load);
        let spare = f64::from(workers) - load;
        [c, c / spare, c * (-spare).exp()]
    };
    let rows = [
        (wait(2, 0.8), [0.711_111, 1.777_78, 0.476_672]),
        (wait(10, 0.8), [0.409_180, 0.204_590, 0.055_376_5]),
        (wait(10, 0.9), [0.668_732, 0.668_732, 0.246_013]),
        (
            [loss(10, 10, 8.0), loss(32, 32, 28.8), loss(1, 100, 0.95)],
            [0.121_661, 0.077_974_6, 2.977_01e-4],
        ),
        (
            [loss(1, 100, 1.0), loss(1, 100, 1.5), pollaczek_khinchine(0.8, 0.433_33)],
            [0.009_900_99, 0.333_333, 2.866_66],
        ),
        // With one place a constant service is as good as any other (Erlang's B).
        (
            [
                pollaczek_khinchine(0.8, 0.0),
                pollaczek_khinchine(0.9, 0.0),
                loss_of_constant_service(1, 0.7),
            ],
            [2.0, 4.5, 0.7 / 1.7],
        ),
    ];
    for (ours, on_record) in rows {
        for (ours, on_record) in ours.into_iter().zip(on_record) {
            assert!((ours / on_record - 1.0).abs() < 4e-6, "{ours} is not {on_record}");
        }
    }
}
