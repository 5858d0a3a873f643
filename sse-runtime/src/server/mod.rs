//! Floor 4, the side that serves: axum handlers.
//!
//! What a handler gives back becomes a [`FrameSource`](source::FrameSource); a
//! [`Session`](session::Session) drives it for as long as somebody listens; delivery
//! ([`delivery`]) takes whole batches of frames from the session to the connection, today as a
//! response [`body`]. Everything
//! that is told about a stream, to the client and to the log, is told by its
//! [`Record`](record::Record).

mod access;
mod answers;
mod body;
mod call;
mod cx;
mod delivery;
mod desk;
mod drain;
mod ended;
mod figures;
mod gate;
mod glue;
mod headers;
mod heartbeat;
mod item;
mod line;
mod link;
mod options;
mod orders;
mod reader;
mod record;
mod refusal;
mod request;
mod respond;
mod response;
#[cfg(feature = "inspector")]
mod roster;
mod sender;
pub mod serve;
mod served;
mod session;
mod source;
mod stream;
mod streams;
mod terms;
mod turn;
mod write_clock;

pub use access::{Access, Verdict};
pub use call::{Call, call};
pub use cx::Cx;
pub use drain::{Drain, DrainLayer, DrainService};
pub use ended::Ended;
pub use gate::{Cors, CorsFuture, CorsService, InvalidOrigins};
pub use glue::{
    Handler, Started, context, endless, fallback, finite, produces, produces_result, refusal,
    returns, returns_items, returns_result, returns_result_items,
};
pub use item::EventItem;
pub use options::Options;
pub use reader::{ReadError, TypedEvents};
pub use respond::respond;
pub use response::EventStream;
#[cfg(feature = "inspector")]
pub(crate) use roster::{Sent, StreamReading, Streams, sent_before};
pub use sender::{Events, SendError};
pub use serve::serve;
pub use stream::IntoEvents;
