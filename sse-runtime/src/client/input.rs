//! What happens to the state machine.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

use super::Failure;
use crate::names::Reason;

/// What the shell has seen. It says all of it, in the order in which it happened, and nothing of
/// a connection that it has dropped.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    /// A connection is being made, of which the transport tells; with one from a pool there is
    /// nothing to tell. Starts the clock of connecting.
    Dialling,
    /// It is made, TLS included. Starts the clock of the head.
    Connected,
    /// A redirect says where to get the answer: what was asked has been done, perhaps, whatever
    /// becomes of the rest of the way.
    Accepted,
    /// The head of the last response, after redirects.
    Head {
        status: StatusCode,
        headers: &'a HeaderMap,
        /// The wall clock, for a `Retry-After` that is a date.
        wall: SystemTime,
    },
    /// So many bytes of the body. Said before what is found in them.
    Bytes(usize),
    /// An event of the application, known or not, decoded or not.
    Event {
        /// Whether it is declared as the last.
        terminal: bool,
    },
    /// The id that the next request brings has changed.
    Moved {
        /// Whether there is one, or it was emptied.
        held: bool,
        /// Whether the block that moved it is a control event.
        control: bool,
    },
    /// `sse.open`.
    Open {
        /// The interval that it announces.
        heartbeat: Option<Duration>,
    },
    /// `sse.bye`.
    Bye {
        /// None for a word that is not known.
        reason: Option<Reason>,
        /// The `retry:` of the same block.
        retry: Option<Duration>,
    },
    /// A field `retry:`, in milliseconds, as soon as its line is read (rule 33).
    Retry(u64),
    /// The attempt or the connection failed.
    Failed(Failure),
    /// The body ended without a fault.
    End,
    /// The program does not want it any more.
    Cancelled,
}
