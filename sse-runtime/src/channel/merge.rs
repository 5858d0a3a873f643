//! Streams of several channels.

use std::fmt;

/// Why subscriptions cannot be one stream.
///
/// A handler that returns it answers 500: which channels are merged is nearly always the
/// business of the program. Where a request names them, answer it yourself before.
///
/// ```
/// use sse_runtime::{Channel, MergeError, Resume, SseEvent, Subscription};
///
/// #[derive(SseEvent)]
/// #[sse(source = "orders")]
/// enum OrderEvent {
///     Paid,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let orders: Vec<Channel<OrderEvent>> = (0..6).map(|_| Channel::new()).collect();
/// let resume = Resume::fresh();
/// let merged = Subscription::merge(orders.iter().map(|order| order.subscribe(&resume)));
/// assert_eq!(merged.unwrap_err(), MergeError::TooMany { channels: 6 });
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeError {
    /// There is no subscription.
    Nothing,
    /// There are more than five channels, and an id has room for the positions of five: publish
    /// what belongs together on one channel.
    TooMany {
        /// How many there are.
        channels: usize,
    },
    /// A channel is there twice, and each of its events would be.
    SameChannel,
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("a merged stream needs at least one channel"),
            Self::TooMany { channels } => write!(
                f,
                "a merged stream has at most 5 channels, and this one {channels}: publish what \
                 belongs together on one channel"
            ),
            Self::SameChannel => f.write_str("a channel is merged with itself: subscribe once"),
        }
    }
}

impl std::error::Error for MergeError {}
