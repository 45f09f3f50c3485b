//! Without faults nobody is disconnected: every preset client at every preset server.
//!
//! The exception explains itself: unsynchronised workers present one credential twice, and a server
//! that takes that for theft kills the family.

use amnesty::authority::{self, Rules};
use amnesty::base::{Distribution, Law, SimDuration};
use amnesty::client::{self, Concurrency, Profile};
use amnesty::measure::Ending;

use crate::support::{World, exactly, hours};

#[test]
fn nobody_is_disconnected_without_faults_but_where_racing_looks_like_theft() {
    let clients = client::preset::all();
    let mut theft: Vec<&str> = Vec::new();
    for (rules, servers) in servers_alike() {
        for client in &clients {
            let run = World::new(1)
                .orgs(2)
                .rules(|it| *it = rules.clone())
                .client(|it| *it = quickly_compiled(client.profile.clone()))
                .service_time(exactly(SimDuration::from_millis(200)))
                .run_until(hours(30));
            let (total, name) = (run.total(), client.name);
            assert!(
                total.balances() && total.ended_as(Ending::Stored) > 0,
                "{name} at {servers:?}"
            );
            let racing = client.profile.concurrency != Concurrency::SingleFlight;
            if racing && total.ever_disconnected > 0 {
                assert_eq!(total.needed_person, total.orgs, "{name} at {servers:?}");
                theft.extend(&servers);
            } else {
                assert_eq!(total.ever_disconnected, 0, "{name} at {servers:?}");
            }
        }
    }
    theft.sort_unstable();
    let single_use_or_confirmed =
        ["auth0", "curity", "hydra", "keycloak-rotating", "node-oidc-provider", "supertokens"];
    assert_eq!(theft, single_use_or_confirmed);
}

/// The rules of all preset servers, with the names of those that share them.
fn servers_alike() -> Vec<(Rules, Vec<&'static str>)> {
    let mut groups: Vec<(Rules, Vec<&str>)> = Vec::new();
    for server in authority::preset::all() {
        match groups.iter_mut().find(|(rules, _)| *rules == server.rules) {
            Some((_, names)) => names.push(server.name),
            None => groups.push((server.rules, vec![server.name])),
        }
    }
    groups
}

/// With calls spread evenly about the same mean where they are exponential: an exponential law takes
/// an unoptimised build milliseconds to compile, and there are hundreds.
fn quickly_compiled(profile: Profile) -> Profile {
    let Law::Exponential { mean } = *profile.next_call.law() else {
        return profile;
    };
    let law = Law::Uniform { min: 0.0, max: 2.0 * mean };
    Profile { next_call: Distribution::new(law).unwrap(), ..profile }
}
