//! The small model of benches/engines for nexosim: orgs that refresh, and the station they share.
//!
//! ```text
//!   nexosim-station ORGS WORKERS SECONDS      prints what was counted, as JSON
//!
//!   wake ──► Swarm ──request──► Station ── finish ──┐
//!              ▲  └─ give_up after the patience     │
//!              └──────────────answer────────────────┘
//! ```
//!
//! All orgs are one model, which names them in its events: a model for each would need a mailbox and a
//! port for each, and be slower. One thread, for nothing here happens at equal times.

use std::collections::VecDeque;
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSource, Output};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

/// Seconds; means of exponential times where it says so.
const TOKEN_LIFE: f64 = 1200.0;
const NEXT_CALL_MEAN: f64 = 600.0;
const SERVICE_MEAN: f64 = 0.05;
const PATIENCE: f64 = 0.25;

/// `SplitMix64`.
#[derive(Serialize, Deserialize)]
struct Draws(u64);

impl Draws {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }
}

/// Events must be scheduled for later.
fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds).max(Duration::from_nanos(1))
}

/// An attempt of an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Attempt {
    org: u32,
    ordinal: u32,
}

#[derive(Serialize, Deserialize)]
struct Swarm {
    requests: Output<Attempt>,
    /// The ordinal of each org's last attempt, and whether it waits for the answer.
    orgs: Vec<(u32, bool)>,
    draws: Draws,
    attempts: u64,
    timed_out: u64,
}

#[Model]
impl Swarm {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _: &mut ()) {
        for org in 0..self.orgs.len() {
            let first = self.until_first();
            cx.schedule_event(seconds(first), schedulable!(Self::wake), org as u32).unwrap();
        }
    }

    #[nexosim(schedulable)]
    async fn wake(&mut self, org: u32, cx: &Context<Self>) {
        let (ordinal, waits) = &mut self.orgs[org as usize];
        *ordinal += 1;
        *waits = true;
        self.attempts += 1;
        let attempt = Attempt { org, ordinal: *ordinal };
        cx.schedule_event(seconds(PATIENCE), schedulable!(Self::give_up), attempt).unwrap();
        self.requests.send(attempt).await;
    }

    #[nexosim(schedulable)]
    fn give_up(&mut self, attempt: Attempt, cx: &Context<Self>) {
        if self.concludes(attempt) {
            self.timed_out += 1;
            self.rest(attempt.org, 0.0, cx);
        }
    }

    fn answer(&mut self, attempt: Attempt, cx: &Context<Self>) {
        if self.concludes(attempt) {
            self.rest(attempt.org, TOKEN_LIFE, cx);
        }
    }

    fn report(&mut self) {
        print!("{{\"attempts\": {}, \"timed_out\": {}, ", self.attempts, self.timed_out);
    }
}

impl Swarm {
    fn new(orgs: usize) -> Self {
        let (requests, orgs) = (Output::default(), vec![(0, false); orgs]);
        Self { requests, orgs, draws: Draws(1), attempts: 0, timed_out: 0 }
    }

    /// The rest of a cycle, as one finds it at any time: no rush when the clock starts.
    fn until_first(&mut self) -> f64 {
        let rest = self.draws.uniform() * (TOKEN_LIFE + NEXT_CALL_MEAN);
        if rest < TOKEN_LIFE { rest } else { TOKEN_LIFE + self.draws.exponential(NEXT_CALL_MEAN) }
    }

    /// Whether the org waited for this.
    fn concludes(&mut self, attempt: Attempt) -> bool {
        let (ordinal, waits) = &mut self.orgs[attempt.org as usize];
        *ordinal == attempt.ordinal && std::mem::take(waits)
    }

    fn rest(&mut self, org: u32, fresh: f64, cx: &Context<Self>) {
        let after = fresh + self.draws.exponential(NEXT_CALL_MEAN);
        cx.schedule_event(seconds(after), schedulable!(Self::wake), org).unwrap();
    }
}

#[derive(Serialize, Deserialize)]
struct Station {
    answers: Output<Attempt>,
    idle: u32,
    waiting: VecDeque<(Attempt, MonotonicTime)>,
    draws: Draws,
    served: u64,
    sojourn: f64,
}

#[Model]
impl Station {
    fn request(&mut self, attempt: Attempt, cx: &Context<Self>) {
        if self.idle == 0 {
            self.waiting.push_back((attempt, cx.time()));
        } else {
            self.idle -= 1;
            self.start(attempt, cx.time(), cx);
        }
    }

    #[nexosim(schedulable)]
    async fn finish(&mut self, (attempt, came): (Attempt, MonotonicTime), cx: &Context<Self>) {
        self.served += 1;
        self.sojourn += cx.time().duration_since(came).as_secs_f64();
        match self.waiting.pop_front() {
            Some((next, came)) => self.start(next, came, cx),
            None => self.idle += 1,
        }
        self.answers.send(attempt).await;
    }

    fn report(&mut self) {
        println!("\"mean_sojourn\": {}}}", self.sojourn / self.served.max(1) as f64);
    }
}

impl Station {
    fn new(workers: u32) -> Self {
        let (answers, waiting) = (Output::default(), VecDeque::new());
        Self { answers, idle: workers, waiting, draws: Draws(2), served: 0, sojourn: 0.0 }
    }

    fn start(&mut self, attempt: Attempt, came: MonotonicTime, cx: &Context<Self>) {
        let service = seconds(self.draws.exponential(SERVICE_MEAN));
        cx.schedule_event(service, schedulable!(Self::finish), (attempt, came)).unwrap();
    }
}

fn main() {
    let argument = |n| std::env::args().nth(n).and_then(|text| text.parse::<u32>().ok());
    let (Some(orgs), Some(workers), Some(duration)) = (argument(1), argument(2), argument(3))
    else {
        eprintln!("usage: nexosim-station ORGS WORKERS SECONDS");
        std::process::exit(2);
    };
    let (mut swarm, mut station) = (Swarm::new(orgs as usize), Station::new(workers));
    let (swarm_box, station_box) = (Mailbox::new(), Mailbox::new());
    swarm.requests.connect(Station::request, &station_box);
    station.answers.connect(Swarm::answer, &swarm_box);
    let mut bench = SimInit::with_num_threads(1);
    let ask_swarm = EventSource::new().connect(Swarm::report, &swarm_box).register(&mut bench);
    let ask_station =
        EventSource::new().connect(Station::report, &station_box).register(&mut bench);
    let mut simulation = bench
        .add_model(swarm, swarm_box, "swarm")
        .add_model(station, station_box, "station")
        .init(MonotonicTime::EPOCH)
        .unwrap();
    simulation.step_until(Duration::from_secs(duration.into())).unwrap();
    simulation.process_event(&ask_swarm, ()).unwrap();
    simulation.process_event(&ask_station, ()).unwrap();
}
