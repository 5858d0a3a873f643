//! Floor 3: channels, and who may still be told what.
//!
//! A [`Channel`] is a log behind one lock, the [`seam`]; a [`Subscription`] is a place in it,
//! with what it is shown. Knows nothing of HTTP.

#[cfg(feature = "inspector")]
mod census;
mod config;
mod core;
mod events;
mod figures;
mod handle;
mod hub;
mod lag;
mod leaf;
mod listener;
mod merge;
mod name;
mod pages;
mod parts;
mod publish;
mod resume;
mod seam;
mod sift;
mod slots;
mod stored;
mod subscription;
mod sync;
#[cfg(feature = "inspector")]
mod tally;
mod timer;
mod view;
mod waiting;
mod write;

#[cfg(feature = "inspector")]
pub(crate) use census::{ChannelReading, Walk, published_before};
pub use config::{ChannelConfig, InvalidChannelConfig};
pub use events::{ChannelEvents, Missed, Received};
pub(crate) use figures::is_recorded;
pub use handle::Channel;
pub use hub::{FindError, Hub, HubFull};
pub use lag::{EndSlow, Lag, TellGap};
#[cfg(feature = "inspector")]
pub(crate) use listener::Watched;
pub(crate) use listener::{Heard, Listener};
pub use merge::MergeError;
pub use name::{ChannelName, InvalidChannelName};
pub use publish::{PublishError, Published};
pub use resume::Resume;
pub use subscription::{Subscription, UnknownEvent};
#[cfg(feature = "inspector")]
pub(crate) use tally::Tally;
