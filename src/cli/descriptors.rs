//! How many descriptors this process may have open: every connection takes one.

/// Raises the soft limit to the hard one, which every process may do, and tells the limit; `None` where
/// there is none, or the system does not say. A soft limit of 1,024 is for programs that use `select`.
#[cfg(unix)]
pub(super) fn raised() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limits = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limits.maximum, maximum: limits.maximum };
    let mut current = limits.current;
    // macOS has no hard limit and refuses that as a soft one: what there was stays.
    if current != limits.maximum && setrlimit(Resource::Nofile, wanted).is_ok() {
        current = limits.maximum;
    }
    current.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Other systems count sockets apart from files.
#[cfg(not(unix))]
pub(super) fn raised() -> Option<usize> {
    None
}
