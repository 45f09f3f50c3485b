//! `non_revoking`: each refresh issues a new generation; the last K stay valid.

/// Rotation that leaves old generations valid (Microsoft Entra).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NonRevoking {
    /// How many generations stay valid, the newest included; `None` for all.
    pub keep: Option<u32>,
}
