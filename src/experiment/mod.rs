//! Floor 5: arms × replications, pairing, expectations, baselines.

pub mod results;
