//! Floor 6: results in, bytes out.
pub mod explain;
