//! Why the stream of a client is over.

use std::{fmt, time::Duration};

use super::{Failure, Fault, InvalidClientConfig};
use crate::names::{ClientState, Reason};

/// Why the stream of a client is over.
///
/// ```
/// use sse_runtime::{Reason, client::StopReason};
///
/// assert_eq!(StopReason::Complete.reason(), Reason::Complete);
/// assert_eq!(StopReason::Closed.to_string(), "the program closed the stream");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// All has been said: a terminal event, `sse.bye` with `complete`, or a 204.
    Complete,
    /// The program closed it, by drop or by its token.
    Closed,
    /// It failed.
    Failed(ClientError),
}

/// Why a stream failed. Each says what to do; [`fault`](Self::fault) says who has to do it.
///
/// ```
/// use sse_runtime::client::{ClientError, Failure, Fault, TransportError};
///
/// let error = ClientError::Fatal(Failure::from(TransportError::Certificate));
/// assert_eq!(error.fault(), Fault::Transport);
/// assert!(error.to_string().starts_with("the certificate is not accepted: check its names"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientError {
    /// The configuration makes no sense.
    Config(InvalidClientConfig),
    /// The transport could not be set up, as where this machine trusts no root.
    Transport(String),
    /// This is fatal by the retry table.
    Fatal(Failure),
    /// By the retry table it would be tried again, but the request may do harm when it is sent
    /// twice (a POST), nobody asked for that, and there is no position to resume from.
    NotSentAgain(Failure),
    /// A budget is spent (pitfall P4).
    GaveUp {
        /// Which one.
        spent: Spent,
        /// How many attempts this outage has seen.
        attempts: u32,
        /// How long it has lasted, less what is not charged to the budget.
        outage: Duration,
        /// What happened last.
        last: Failure,
    },
}

/// Which budget of an outage is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Spent {
    /// That of the attempts.
    Attempts,
    /// That of the time: the next attempt would come after its end.
    Time,
}

impl StopReason {
    /// The word for it in the log and in metrics.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Complete => Reason::Complete,
            Self::Closed => Reason::Client,
            Self::Failed(error) => match error.failure() {
                Some(failure) => failure.reason(),
                None => Reason::Error,
            },
        }
    }

    /// The state that the stream is in from now on.
    #[must_use]
    pub const fn state(&self) -> ClientState {
        match self {
            Self::Complete | Self::Closed => ClientState::Closed,
            Self::Failed(_) => ClientState::Failed,
        }
    }
}

impl ClientError {
    /// What happened last to a connection or an attempt, if it came to one.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Config(_) | Self::Transport(_) => None,
            Self::Fatal(failure) | Self::NotSentAgain(failure) => Some(failure),
            Self::GaveUp { last, .. } => Some(last),
        }
    }

    /// Who is at fault.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self.failure() {
            Some(failure) => failure.fault(),
            None => Fault::Configuration,
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("the stream is complete"),
            Self::Closed => f.write_str("the program closed the stream"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Transport(what) => write!(f, "the transport could not be set up: {what}"),
            Self::Fatal(failure) => failure.fmt(f),
            Self::NotSentAgain(failure) => write!(
                f,
                "{failure}; the request was not sent again, because it may do its work twice: \
                 allow it with `resend` if that does no harm"
            ),
            Self::GaveUp { spent, attempts, outage, last } => {
                let setting = match spent {
                    Spent::Attempts => "attempts",
                    Spent::Time => "outage",
                };
                write!(
                    f,
                    "gave up after {attempts} attempts in {}s (a larger `{setting}` allows more); \
                     last: {last}",
                    outage.as_secs()
                )
            }
        }
    }
}

impl std::error::Error for StopReason {}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            _ => self.failure().map(|failure| failure as _),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Clock, ProtocolError, TransportError};

    #[test]
    fn giving_up_says_which_budget_after_what() {
        let error = ClientError::GaveUp {
            spent: Spent::Time,
            attempts: 7,
            outage: Duration::from_millis(280_400),
            last: TransportError::Clock(Clock::Head).into(),
        };
        assert_eq!(
            error.to_string(),
            "gave up after 7 attempts in 280s (a larger `outage` allows more); last: the head of \
             the response did not come in time (`head_timeout`)"
        );
        assert_eq!(error.fault(), Fault::Transport);
    }

    #[test]
    fn the_end_is_one_word_for_log_and_wire() {
        let truncated = Failure::from(ProtocolError::Truncated { by: Some(TransportError::Cut) });
        let stop = StopReason::Failed(ClientError::Fatal(truncated));
        assert_eq!((stop.reason(), stop.state()), (Reason::Truncated, ClientState::Failed));
        assert_eq!(StopReason::Closed.state(), ClientState::Closed);
    }
}
