//! Rate limits.

use amnesty::base::{SimDuration, SimTime};
use amnesty::station::{
    Admission, AdmissionSpec, Caller, Capacity, Foreseen, RateLimit, RateScope, SlowDown,
};

use super::formula::loss_of_constant_service;
use super::{SECOND, arrivals, assert_is, constant, replicate};

/// One token a second, and so many at most.
fn bucket(burst: u32) -> impl FnMut(SimTime) -> bool {
    let limit = RateLimit { per: RateScope::Server, interval: SECOND, burst };
    let rate_limits = vec![limit];
    let spec = AdmissionSpec { max_concurrent: None, status: 503, retry_after: None, rate_limits };
    let mut door = Admission::new(spec, 1, 1);
    move |at| door.admit(Caller { partner: 0, app: 0 }, 0, at).is_ok()
}

/// A token bucket is a station with one worker, a constant service, and one place less to wait than it
/// has tokens: so many it lets through, arrival by arrival, and by the law of M/D/1/K.
#[test]
fn a_token_bucket_is_a_station_of_constant_service() {
    for (burst, load, visible) in [(1, 0.7, 0.02), (2, 0.9, 0.03), (5, 0.9, 0.06), (10, 1.3, 0.03)]
    {
        let [share] = replicate(|run| {
            let mut source = arrivals(run, load, &constant());
            let mut admits = bucket(burst);
            let mut station = Foreseen::new(Capacity::constant(1), burst - 1, SlowDown::default());
            let refused = (0..20_000).filter(|_| {
                let (at, service) = source.pop();
                let admitted = admits(at);
                assert_eq!(admitted, station.arrive(at, service).is_some(), "at {at:?}");
                !admitted
            });
            [refused.count() as f64 / 20_000.0]
        });
        let law = loss_of_constant_service(burst.cast_signed(), load);
        assert_is(&format!("{burst} tokens at {load}"), share, law, visible);
    }
}

/// However much comes, in any stretch of `t` seconds at most the burst and `t` tokens are let through; and of a
/// flood not one less.
#[test]
fn a_flood_gets_the_burst_and_the_rate_to_the_last_token() {
    for burst in [1, 7, 100] {
        let mut admits = bucket(burst);
        let flood = (0..60_000).map(|n| SimTime::ZERO + SimDuration::from_millis(10 * n));
        let admitted: Vec<_> = flood.filter(|at| admits(*at)).collect();
        assert_eq!(admitted.len(), burst as usize + 599, "599.99 s after the first");
        for (first, from) in admitted.iter().enumerate() {
            let within = admitted[first..].partition_point(|at| at.since(*from) <= SECOND);
            assert!(within <= burst as usize + 1, "{within} in a second");
        }
    }
}
