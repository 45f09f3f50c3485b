//! How many retries an app allows itself: a token bucket that first attempts fill.
//!
//! ```text
//!   first attempt ── + ratio ──►┌────────┐
//!                               │ tokens │── − 1 ──► a retry is made
//!                at most burst  └────────┘   none ─► it is not: the refresh has failed
//! ```
//!
//! However many attempts fail, retries add no more than `ratio` to the load once the burst is spent.
//! After Brooker, "Fixing retries with token buckets and circuit breakers" (2022); Finagle's
//! `RetryBudget` and the standard retry mode of the AWS SDKs are of this kind. Absent on purpose: a
//! clock. Tokens do not grow with time.

use super::restraint::RetryBudget;

/// One retry, in the unit of the balance: a millionth, so that ten deposits of 10 % make one exactly.
const TOKEN: u64 = 1_000_000;

/// The tokens that are left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    deposit: u64,
    most: u64,
    balance: u64,
}

impl Budget {
    /// A full bucket.
    pub const fn new(terms: RetryBudget) -> Self {
        let most = terms.burst as u64 * TOKEN;
        Self { deposit: terms.ratio.millionths(), most, balance: most }
    }

    /// A first attempt is made.
    pub fn deposit(&mut self) {
        self.balance = (self.balance + self.deposit).min(self.most);
    }

    /// Whether a retry may be made; its token is spent then.
    pub const fn spend(&mut self) -> bool {
        let has_one = self.balance >= TOKEN;
        if has_one {
            self.balance -= TOKEN;
        }
        has_one
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Probability;
    use crate::client::Per;

    fn budget(ratio: f64, burst: u32) -> Budget {
        let ratio = Probability::new(ratio).unwrap();
        Budget::new(RetryBudget { ratio, burst, per: Per::Partner })
    }

    /// How many retries are granted if so many first attempts are made and then all are wanted.
    fn granted(budget: &mut Budget, first_attempts: u32) -> usize {
        (0..first_attempts).for_each(|_| budget.deposit());
        (0..1_000).take_while(|_| budget.spend()).count()
    }

    #[test]
    fn a_budget_starts_full_and_first_attempts_fill_it() {
        for (ratio, burst, first_attempts, retries) in [
            (0.1, 5, 9, 0),
            (0.1, 5, 10, 1),
            (0.1, 5, 49, 4),
            (0.1, 5, 1_000, 5),
            (0.3, 100, 10, 3),
            (1.0, 3, 1, 1),
            (0.0, 4, 1_000, 0),
        ] {
            let mut budget = budget(ratio, burst);
            assert_eq!(granted(&mut budget, 0), burst as usize);
            assert_eq!(granted(&mut budget, first_attempts), retries, "{ratio} {first_attempts}");
        }
    }
}
