//! A limited station behind the sockets: who came first is served first, one too many is turned away, and
//! a phase that takes the workers away does so by hand too.

use amnesty::base::{SimDuration, SimTime};
use amnesty::live::grants::{ByHand, Presented};
use amnesty::measure::Flow;
use amnesty::protocol::Generation;
use amnesty::world::Delivery;

use crate::house::Plan;

fn secs(n: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(n)
}

const fn fresh(org: u32) -> Presented {
    Presented { org, family: 0, generation: Generation(0) }
}

/// One worker, two seconds a request, one place in the queue.
fn plan() -> Plan {
    Plan::new().set("server.service_time=2s").set("server.station={ workers: 1, queue_limit: 1 }")
}

#[test]
fn requests_wait_for_each_other_and_one_too_many_is_answered_503() {
    let site = plan().site();
    let mut grants = site.grants();
    let mut arrive = |org, at| grants.arrive(fresh(org), None, secs(at)).unwrap();
    assert_eq!(arrive(0, 1).passage.commit_at, Some(secs(3)));
    assert_eq!(arrive(1, 1).passage.commit_at, Some(secs(5)), "it waits");
    let third = arrive(2, 2);
    assert_eq!((third.passage.commit_at, third.delivery), (None, Delivery::Failed(503)));
    assert_eq!(arrive(3, 4).passage.commit_at, Some(secs(7)));
    drop(grants);
    let load = site.into_grants().unwrap().finish(secs(100)).load.unwrap();
    let passed = [Flow::Offered, Flow::Served, Flow::Rejected].map(|flow| load.total(flow));
    assert_eq!(passed, [4, 3, 1]);
}

#[test]
fn workers_are_taken_away_and_come_back_by_hand() {
    let incident =
        "[{ phase: upgrade, from: 2018-03-20T00:00:00Z, for: 1h, capacity: { lost: 100% } }]";
    let site = plan().set(format!("incident={incident}")).site();
    let mut grants = site.grants();
    grants.turn_phase("upgrade", ByHand::Start, secs(1)).unwrap();
    let nobody = grants.arrive(fresh(0), None, secs(2)).unwrap();
    assert_eq!(nobody.passage.commit_at, Some(SimTime::NEVER), "nobody is there to serve it");
    grants.turn_phase("upgrade", ByHand::End, secs(3)).unwrap();
    let back = grants.arrive(fresh(1), None, secs(4)).unwrap();
    assert_eq!(back.passage.commit_at, Some(secs(6)));
}
