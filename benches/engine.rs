//! Attempts per second of the virtual engine, and the cost of its smallest parts.
//!
//! `cargo bench --bench engine`. One thread, so that figures are per core; see `benches/README.md`.
#![expect(clippy::unwrap_used, reason = "a bench ends where something is wrong")]

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use amnesty::base::{Distribution, Law, OrgKey, Purpose, QuantileTable, Seed};
use amnesty::experiment::{self, Options};
use amnesty::scenario::{Overrides, Plan, load};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// A shipped scenario with one replication and a few partners a cohort.
fn plan(name: &str) -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let whole = load(&path, &Overrides::default()).unwrap();
    let cohorts = whole.arms[0].world.cohorts.iter();
    let sets = cohorts.map(|cohort| format!("swarm.{}.partners=2", cohort.name)).collect();
    load(&path, &Overrides { sets, replications: Some(1), ..Overrides::default() }).unwrap()
}

/// Runs a plan on one thread; the attempts of all its arms.
fn attempts(plan: &Plan) -> u64 {
    let stop = AtomicBool::new(false);
    let options = Options { threads: Some(1), stop: &stop, progress: &|_, _| {} };
    let findings = experiment::run(plan, &options).unwrap();
    let arms = 0..plan.arms.len();
    arms.map(|arm| findings.tally.counts(arm, None).iter().map(|c| c.sent).sum::<u64>()).sum()
}

fn scenarios(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("attempts");
    group.sample_size(10);
    for name in ["calm", "closed-form", "xero-2018-03-12"] {
        let plan = plan(&format!("{name}.yaml"));
        group.throughput(Throughput::Elements(attempts(&plan)));
        group.bench_function(name, |bencher| bencher.iter(|| attempts(black_box(&plan))));
    }
    group.finish();
}

fn parts(criterion: &mut Criterion) {
    let key = OrgKey::new(Seed(1), 0, 7);
    let law = Law::Lognormal { median: 90_000.0, sigma: 0.88 };
    let table = QuantileTable::compile(&Distribution::new(law).unwrap());
    let mut group = criterion.benchmark_group("parts");
    group.throughput(Throughput::Elements(1));
    let mut refresh = 0;
    let mut draw = move || {
        refresh += 1;
        key.draw(refresh, 0, Purpose::ServiceTime)
    };
    group.bench_function("draw", |bencher| bencher.iter(&mut draw));
    group.bench_function("draw and table", |bencher| bencher.iter(|| table.at(draw())));
    group.finish();
}

criterion_group!(benches, scenarios, parts);
criterion_main!(benches);
