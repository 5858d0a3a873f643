//! Floor 1: typed events.
//!
//! What the derive implements ([`SseEvent`] and its two directions), the catalogue of
//! names, sources and flags, encoding into a [`FrameBuffer`](crate::FrameBuffer) and
//! decoding from a name and its data, and the control events of the project. No I/O.

mod catalogue;
mod content;
#[cfg(feature = "server")]
pub(crate) mod control;
mod cursor;
pub(crate) mod decode;
mod encode;
mod end;
mod fields;
mod holds;
mod items;
pub(crate) mod merge;
mod object;
#[cfg(any(feature = "client", feature = "testing"))]
mod opened;
mod part;
mod payload;
mod strict;
mod text;
mod traits;
mod values;

pub use catalogue::{Catalogue, EventInfo};
pub use content::Content;
pub use decode::{DecodeError, Name, decode};
pub use encode::{EncodeError, FrameOptions, encode, encode_into};
#[cfg(feature = "server")]
pub(crate) use encode::{Identity, encode_frame, with_scratch};
pub use end::{End, Endless, Finite};
pub use holds::Holds;
pub use items::Items;
pub use object::Object;
#[cfg(any(feature = "client", feature = "testing"))]
pub(crate) use opened::read_bye;
#[cfg(any(feature = "client", feature = "testing"))]
pub use opened::{Opened, OpenedChannel};
pub use part::{Ending, EndingOf, NoPart, Part, PartOf};
pub use payload::{IdField, OwnedPayload, Payload, TopicField};
pub use traits::{DecodeEvent, EncodeEvent, Head, SseEvent};
pub use values::opaque_id;
