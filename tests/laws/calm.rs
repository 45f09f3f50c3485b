//! Without faults nobody is disconnected: every preset client at every preset server.
//!
//! The exception explains itself: unsynchronised workers present one credential twice, and a server
//! that takes that for theft kills the family.

use amnesty::authority;
use amnesty::base::{Distribution, Law, Seed, SimDuration};
use amnesty::client::{self, Concurrency};
use amnesty::experiment::{Options, run};
use amnesty::fault::Schedule;
use amnesty::scenario::{Arm, Plan};
use amnesty::world::{Cohort, Server, StationSpec, World};

#[test]
fn nobody_is_disconnected_without_faults_but_where_racing_looks_like_theft() {
    let mut theft = Vec::new();
    for server in authority::preset::all() {
        let plan = calm(&server);
        let stop = std::sync::atomic::AtomicBool::new(false);
        let options = Options { threads: Some(1), stop: &stop, progress: &|_, _| {} };
        let ledger = run(&plan, &options).unwrap().ledger;
        for (index, client) in client::preset::all().iter().enumerate() {
            let counts = &ledger.counts(0, Some(index))[0];
            assert!(counts.sent > 0 && counts.balances(), "{} at {}", client.name, server.name);
            let racing = client.profile.concurrency != Concurrency::SingleFlight;
            if racing && counts.ever_disconnected > 0 {
                assert_eq!(counts.needed_person, counts.orgs, "{}", server.name);
                theft.push(server.name);
            } else {
                assert_eq!(counts.ever_disconnected, 0, "{} at {}", client.name, server.name);
            }
        }
    }
    theft.sort_unstable();
    let single_use_or_confirmed =
        ["auth0", "curity", "hydra", "keycloak-rotating", "node-oidc-provider", "supertokens"];
    assert_eq!(theft, single_use_or_confirmed);
}

/// All preset clients, two orgs each, at one server: a day and a half without an incident.
fn calm(server: &authority::preset::Preset) -> Plan {
    let cohort = |client: client::preset::Preset| Cohort {
        name: client.name.into(),
        partners: 2,
        orgs_per_partner: Distribution::new(Law::Constant { value: 1.0 }).unwrap(),
        client: client.name.into(),
        profile: client.profile,
        rules: server.rules.clone(),
    };
    let duration = SimDuration::from_hours(36);
    let world = World {
        server: Server {
            protocol: server.protocol,
            service_time: Distribution::exactly(SimDuration::from_millis(200)),
            station: StationSpec::Unlimited,
            gateway_timeout: None,
        },
        cohorts: client::preset::all().into_iter().map(cohort).collect(),
        incident: Schedule::default(),
        duration,
        start_of_day: SimDuration::ZERO,
    };
    Plan {
        name: server.name.into(),
        about: String::new(),
        assumptions: Vec::new(),
        seed: Seed(1),
        replications: 1,
        start: "2018-03-11T00:00:00Z".parse().unwrap(),
        duration,
        arms: vec![Arm { name: "calm".into(), changes: Vec::new(), world }],
        expectations: Vec::new(),
        resolved: serde_json::Value::Null,
        digest: String::new(),
    }
}
