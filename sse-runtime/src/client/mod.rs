//! Floor 4: the client.
//!
//! A [`Client`] is made once, and every stream is asked of it: [`subscribe`](Client::subscribe)
//! gives an [`EventSource`] of typed events, which connects, resumes from where it was, waits
//! and gives up by itself, and never overlooks what is missing.
//!
//! What a failure means is the [`RetryTable`], how long to wait and when to give up stands in
//! [`ClientConfig`], and why a stream is over in [`StopReason`]. The logic knows no I/O: it is a
//! state machine to which time and randomness are arguments. The shell around it drives
//! [reqwest](https://docs.rs/reqwest), and has no task of its own.

mod action;
mod backoff;
mod blame;
mod body;
mod budget;
#[cfg(feature = "clean-ids")]
mod cleaning;
#[allow(clippy::module_inception, reason = "it is the client of the client")]
mod client;
mod config;
mod dial;
#[cfg(any(test, feature = "testing"))]
mod drive;
mod encoding;
mod error;
mod event_source;
mod exchange;
mod failure;
mod faults;
mod feed;
mod figures;
#[cfg(feature = "testing")]
pub(crate) mod fuzz;
mod gzip_header;
mod head;
mod health;
mod hook;
mod id_policy;
mod inflate;
mod input;
mod item;
mod last_event_id;
mod machine;
mod reading;
mod redirect;
mod refused_id;
mod request;
mod resolver;
mod retry_after;
mod row;
mod shell;
mod silence;
mod source;
mod standard;
mod table;
mod terms;
#[cfg(test)]
mod tests;
mod timeline;
mod trace;
mod watchdog;

pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
/// The transport, as [`Client::with_transport`] sets it up.
pub use reqwest;

pub use self::client::Client;
pub(crate) use action::{Action, Request};
pub use action::{Attempt, StateChange};
pub use config::ClientConfig;
pub use encoding::EncodingError;
pub use error::{ClientError, Spent, StopReason};
pub use event_source::EventSource;
pub use failure::{
    Failure, Fault, LocalError, ProtocolError, RequestError, ServerError, TransportError,
};
pub use faults::InvalidClientConfig;
pub use id_policy::IdPolicy;
pub(crate) use id_policy::{IdForm, Judged};
pub(crate) use input::Input;
pub use item::{
    Gap, Item, Malformed, MalformedFault, Oversized, Received, Reset, StreamError, Unknown,
};
pub use last_event_id::{InvalidLastEventId, LastEventId};
pub(crate) use machine::Machine;
pub use redirect::RedirectError;
pub(crate) use redirect::{Route, is_credential, is_of_body};
pub use refused_id::{IdFault, RefusedId};
pub use request::StreamRequest;
pub use row::{Class, Row, Rule};
pub use source::WrongSource;
pub use table::RetryTable;
pub(crate) use timeline::Timeline;
pub use watchdog::Clock;

pub use crate::{
    event::{Opened, OpenedChannel},
    names::ClientState,
};
