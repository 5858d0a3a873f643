//! Floor 4: the client.
//!
//! What a failure means is the [`RetryTable`], how long to wait and when to give up stands in
//! [`ClientConfig`], and why a stream is over in [`StopReason`]. The logic knows no I/O: it is a
//! state machine to which time and randomness are arguments.

mod action;
mod backoff;
mod budget;
#[cfg(feature = "clean-ids")]
mod cleaning;
mod config;
mod encoding;
mod error;
mod failure;
mod faults;
mod gzip_header;
mod head;
mod health;
mod id_policy;
mod inflate;
mod input;
mod last_event_id;
mod machine;
mod redirect;
mod refused_id;
mod retry_after;
mod row;
mod silence;
mod standard;
mod table;
#[cfg(test)]
mod tests;
mod timeline;
mod watchdog;

pub(crate) use action::{Action, Attempt, Request, Transition};
pub use config::ClientConfig;
pub use encoding::EncodingError;
pub use error::{ClientError, Spent, StopReason};
pub use failure::{
    Failure, Fault, LocalError, ProtocolError, RequestError, ServerError, TransportError,
};
pub use faults::InvalidClientConfig;
pub use id_policy::IdPolicy;
pub(crate) use id_policy::{IdForm, Judged};
pub(crate) use inflate::Inflate;
pub(crate) use input::Input;
pub use last_event_id::{InvalidLastEventId, LastEventId};
pub(crate) use machine::Machine;
pub use redirect::RedirectError;
pub(crate) use redirect::{Route, is_credential, is_of_body};
pub use refused_id::{IdFault, RefusedId};
pub use row::{Class, Row, Rule};
pub use table::RetryTable;
pub(crate) use timeline::Timeline;
pub use watchdog::Clock;
