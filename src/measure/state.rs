//! The state of an org, exclusive at any time, and the means by which it recovers.

/// How one org stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum OrgState {
    /// A refresh with the stored credentials would be accepted now, and the client will try.
    Connected = 0,
    /// The stored generation would be refused now; the client still tries.
    Stale = 1,
    /// The client has stopped trying; it still holds its credentials.
    Stopped = 2,
    /// The client deleted its credentials.
    Abandoned = 3,
    /// The server killed the family.
    Revoked = 4,
}

/// The states in which an org is disconnected, in the order of their numbers.
pub const DISCONNECTED_STATES: [OrgState; 4] =
    [OrgState::Stale, OrgState::Stopped, OrgState::Abandoned, OrgState::Revoked];

impl OrgState {
    /// Whether the org is disconnected.
    pub const fn is_disconnected(self) -> bool {
        !matches!(self, Self::Connected)
    }

    /// The state with this number; connected beyond the last.
    pub(super) const fn of(number: u16) -> Self {
        match number {
            1 => Self::Stale,
            2 => Self::Stopped,
            3 => Self::Abandoned,
            4 => Self::Revoked,
            _ => Self::Connected,
        }
    }

    /// Its place in arrays over all states.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// By what means an org got a token again, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Means {
    /// A later attempt that the policy accepts as a matter of course.
    Retry = 0,
    /// A grace window.
    Grace = 1,
    /// The amnesty.
    Amnesty = 2,
    /// A person.
    Person = 3,
}
