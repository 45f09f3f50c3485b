//! Attempts per second of the virtual engine, and the cost of its smallest parts.
//!
//! `cargo bench --bench engine`. One thread, so that figures are per core; see `benches/README.md`.
#![expect(clippy::unwrap_used, reason = "a bench ends where something is wrong")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use amnesty::base::{
    Distribution, Law, OrgKey, Purpose, QuantileTable, Seed, SimDuration, SimTime,
};
use amnesty::experiment::{self, Options};
use amnesty::scenario::{Overrides, Plan, load};
use amnesty::sim::Calendar;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

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

/// What can hold what is pending.
trait Queue {
    const NAME: &str;

    fn new(orgs: u32) -> Self;
    fn push(&mut self, at: SimTime, org: u32);
    fn pop(&mut self) -> (SimTime, u32);
}

impl Queue for Calendar {
    const NAME: &str = "calendar";

    fn new(orgs: u32) -> Self {
        Self::new(orgs as usize)
    }

    fn push(&mut self, at: SimTime, org: u32) {
        self.push(at, org);
    }

    fn pop(&mut self) -> (SimTime, u32) {
        self.pop().unwrap()
    }
}

impl Queue for BinaryHeap<Reverse<(SimTime, u32)>> {
    const NAME: &str = "heap";

    fn new(orgs: u32) -> Self {
        Self::with_capacity(orgs as usize)
    }

    fn push(&mut self, at: SimTime, org: u32) {
        self.push(Reverse((at, org)));
    }

    fn pop(&mut self) -> (SimTime, u32) {
        self.pop().unwrap().0
    }
}

/// The hold model: what was popped comes again after a draw, so that always as many are pending. One
/// pop, one push, and a draw. `rest` is how long it takes until something comes that is under way.
fn hold<Q: Queue>(criterion: &mut Criterion, law: &str, table: &QuantileTable, rest: &Law) {
    let rest = QuantileTable::compile(&Distribution::new(rest.clone()).unwrap());
    let mut group = criterion.benchmark_group(format!("hold, {law}"));
    group.sample_size(10).throughput(Throughput::Elements(1));
    for orgs in [1_000, 100_000, 1_000_000, 10_000_000] {
        let key = OrgKey::new(Seed(1), 0, 7);
        let mut queue = Q::new(orgs);
        for org in 0..orgs {
            let after = rest.at(key.draw(org, 1, Purpose::ServiceTime));
            queue.push(SimTime::from_micros(after), org);
        }
        let mut pops = 0;
        let mut step = || {
            pops += 1;
            let (at, org) = queue.pop();
            let after = table.at(key.draw(pops, 0, Purpose::ServiceTime));
            queue.push(at + SimDuration::from_micros(after), org);
        };
        group.bench_function(BenchmarkId::new(Q::NAME, orgs), |bencher| bencher.iter(&mut step));
    }
    group.finish();
}

fn queues(criterion: &mut Criterion) {
    let exponential = Law::Exponential { mean: 1.8e9 };
    let soon = Distribution::new(Law::Lognormal { median: 50_000.0, sigma: 0.5 }).unwrap();
    let later = Distribution::new(Law::Uniform { min: 1.296e9, max: 1.584e9 }).unwrap();
    let bimodal = Law::Mixture { parts: vec![(0.5, soon), (0.5, later)] };
    let under_way = Law::Uniform { min: 0.0, max: 1.44e9 };
    let cases =
        [("exponential", exponential.clone(), exponential), ("bimodal", bimodal, under_way)];
    for (name, law, rest) in cases {
        let table = QuantileTable::compile(&Distribution::new(law).unwrap());
        hold::<Calendar>(criterion, name, &table, &rest);
        hold::<BinaryHeap<_>>(criterion, name, &table, &rest);
    }
}

criterion_group!(benches, scenarios, parts, queues);
criterion_main!(benches);
