//! What the WHATWG standard does about a failure, for the strict mode.

use super::{Failure, ProtocolError, Rule};

/// By rules 12, 13 and 15 a fault of the network or the end of a body is followed by one more
/// attempt, and everything else is final. Rule 12 allows to give up where it is known to be of no
/// use, and does not ask for it; to try is the side on which nothing is lost.
pub(super) const fn rule(failure: &Failure) -> Rule {
    match failure {
        // Too many redirects and the like are a network error to it.
        Failure::Transport(_)
        | Failure::Local(_)
        | Failure::Protocol(ProtocolError::Redirect(_)) => Rule::Again,
        // Rule 9: no request is made for a URL that is none.
        Failure::Request(_) | Failure::Server(_) | Failure::Protocol(_) => Rule::Fatal,
    }
}
