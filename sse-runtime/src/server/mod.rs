//! Floor 4, the side that serves: axum handlers.
//!
//! What a handler gives back becomes a [`FrameSource`](source::FrameSource); a
//! [`Session`](session::Session) drives it for as long as somebody listens; delivery
//! ([`body`]) takes whole batches of frames from the session to the connection. Everything
//! that is told about a stream, to the client and to the log, is told by its
//! [`Record`](record::Record).

mod body;
mod cx;
mod drain;
mod glue;
mod headers;
mod item;
mod options;
mod panic;
mod reader;
mod record;
mod refusal;
mod request;
mod response;
mod sender;
mod session;
mod source;

pub use cx::Cx;
pub use drain::Drain;
pub use glue::{
    Call, Handler, Started, call, endless, fallback, finite, produces, produces_result, refusal,
    respond, returns, returns_items, returns_result, returns_result_items,
};
pub use item::{EventItem, IntoEvents};
pub use options::Options;
pub use reader::{ReadError, TypedEvents};
pub use record::Ended;
pub use response::EventStream;
pub use sender::{Events, SendError};
