//! How restraint is written, read and explained: that of clients, and that of an announcement.

use amnesty::base::{Probability, SimDuration};
use amnesty::client::{CircuitBreaker, Per, PoolSize, RetryAfter, RetryBudget};

use crate::small::{digest_again, read, small};

const RESTRAINED: &str = "max_attempts: 5, backoff: { constant: 2s }, retry_after: ignore, \
    retry_budget: { ratio: 10%, burst: 5 }, \
    circuit_breaker: { failures: 50%, over: 20, open_for: 30s, per: org }, pool: { size: 12 }";

#[test]
fn what_restrains_a_client_is_read_written_and_explained() {
    let plan = read(&small("timeout: 30s", RESTRAINED)).unwrap();
    let [plain, profile] = [0, 1].map(|cohort| &plan.arms[0].world.cohorts[cohort].profile);
    let share = |share| Probability::new(share).unwrap();
    let (failures, open_for) = (share(0.5), SimDuration::from_secs(30));
    let breaker = CircuitBreaker { failures, over: 20, open_for, per: Per::Org };
    let budget = RetryBudget { ratio: share(0.1), burst: 5, per: Per::Partner };
    assert_eq!(profile.retry_after, RetryAfter::Ignore);
    assert_eq!(profile.retry_budget, Some(budget));
    assert_eq!(profile.circuit_breaker, Some(breaker));
    assert_eq!(profile.pool, Some(PoolSize(12)));
    assert!(profile.shares_among_orgs() && !plain.shares_among_orgs());
    assert_eq!(digest_again(&plan), plan.digest);
    insta::assert_snapshot!(amnesty::report::explain::explain(&plan));
}

#[test]
fn an_announcement_can_be_staggered() {
    let plan = read(&small("for: 6h", "for: 6h, stagger: 2h")).unwrap();
    let terms = plan.arms[1].world.cohorts[0].rules.amnesty.unwrap();
    assert_eq!(terms.stagger, SimDuration::from_hours(2));
    assert_eq!(digest_again(&plan), plan.digest);
    let text = amnesty::report::explain::explain(&plan);
    let words: Vec<&str> = text.split_whitespace().collect();
    let said = "partners hear of it one by one, over 2h from 2018-03-12 03:40 UTC";
    assert!(words.join(" ").contains(said), "{text}");
}
