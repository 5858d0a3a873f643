//! What the state machine asks for.

use http::Method;

use super::{Row, StopReason};
use crate::names::ClientState;

/// What a stream asks for, as far as it matters for asking again.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Whether it may be sent again although its method is not idempotent (a POST), and there is
    /// no position to resume from.
    pub(crate) resend: bool,
    /// Whether the stream has an end of its own, so that one without its terminal event is
    /// truncated.
    pub(crate) finite: bool,
    /// Whether there is a header hook that can be asked again.
    pub(crate) hook: bool,
    /// Whether there is a position to resume from at the begin.
    pub(crate) positioned: bool,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub(crate) enum Action {
    /// Drop the connection, or the attempt, with its socket.
    Disconnect,
    /// The state has changed: for gauges and whoever asked to be told.
    Changed(StateChange),
    /// Ask for the stream, at the URL that it was asked for at first (rule 22), with headers
    /// from the hook and the position, if there is one (rule 21).
    Connect(Attempt),
    /// Nothing, until there is something to say or the deadline has passed.
    Wait,
    /// Nothing any more: the stream is over.
    Stop(StopReason),
}

/// An attempt to connect, as a [header hook](super::StreamRequest::headers) is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Which one it is of this stream, from 1.
    pub number: u64,
    /// Whether the last headers were refused, by a 401 or as `expired`: what is kept of them is
    /// of no use.
    pub refused: bool,
    /// What made it necessary; none for the first.
    pub why: Option<Row>,
}

/// A stream goes from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateChange {
    /// None at the begin.
    pub from: Option<ClientState>,
    /// The state that it is in now.
    pub to: ClientState,
    /// What made the last connection or attempt end, if one did.
    pub why: Option<Row>,
}
