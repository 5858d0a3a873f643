//! Why a test reader has nothing more.

use std::fmt;

use http::StatusCode;

use crate::{channel::Missed, event::DecodeError, names::Reason};

/// Why there is no next event, or none now.
#[derive(Debug)]
#[non_exhaustive]
pub enum TestError {
    /// The handler answered with a status instead of a stream.
    Refused(StatusCode),
    /// The request is none: a path or a header that cannot be sent.
    Request(http::Error),
    /// Events are missing: the position could not be served, or the reader fell behind. The
    /// stream goes on.
    Missed(Missed),
    /// The server has ended the stream, for this reason. (Without control events, the reason is
    /// not known: `None`.)
    Ended(Option<Reason>),
    /// The connection was cut where the test asked for it.
    Cut,
    /// The connection stands still where the test asked for it:
    /// [`TestReader::go_on`](super::TestReader::go_on).
    Stalled,
    /// The next event is none of the type that was asked for. It is passed over.
    Decode(DecodeError),
    /// The stream holds what this crate never writes.
    Malformed(String),
}

impl fmt::Display for TestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "the handler answered {status} instead of a stream"),
            Self::Request(error) => write!(f, "the request cannot be sent: {error}"),
            Self::Missed(missed) => missed.fmt(f),
            Self::Ended(Some(reason)) => write!(f, "the stream ended with the reason `{reason}`"),
            Self::Ended(None) => f.write_str("the stream ended without saying why"),
            Self::Cut => f.write_str("the connection was cut, as asked for"),
            Self::Stalled => f.write_str("the connection stands still, as asked for"),
            Self::Decode(error) => error.fmt(f),
            Self::Malformed(what) => write!(f, "this is no frame of this crate: {what}"),
        }
    }
}

impl std::error::Error for TestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Request(error) => Some(error),
            Self::Decode(error) => Some(error),
            _ => None,
        }
    }
}
