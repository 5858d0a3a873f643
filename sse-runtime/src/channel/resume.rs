//! Where a reader wants to go on.

use std::sync::Arc;

use crate::{
    position::{Cursor, Position},
    wire::EventId,
};

/// Where a reader wants to go on: what [`Channel::subscribe`](crate::Channel::subscribe) takes.
///
/// In a handler it is an extractor, which reads the header `Last-Event-ID`, else the query
/// parameter `last_event_id`; elsewhere it is made of an id.
///
/// ```
/// use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};
/// # use axum::extract::State;
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// #[sse_handler]
/// async fn inventory(
///     State(channel): State<Channel<InventoryEvent>>,
///     resume: Resume,
/// ) -> Subscription<InventoryEvent> {
///     channel.subscribe(resume)
/// }
/// ```
///
/// Cheap to clone; a reference will do where one is asked for, for a stream of several channels,
/// and so will a [`Position`] or an [`EventId`] to go on after.
#[derive(Debug, Clone, Default)]
pub struct Resume {
    asked: Asked,
    from_oldest: bool,
}

/// What the reader came with.
#[derive(Debug, Clone, Default)]
enum Asked {
    #[default]
    Nothing,
    Unreadable,
    /// An id, and the positions in it, if they are some.
    Id(EventId, Option<Arc<Cursor>>),
}

impl Resume {
    /// Without a position: what comes from now on.
    #[must_use]
    pub const fn fresh() -> Self {
        Self { asked: Asked::Nothing, from_oldest: false }
    }

    /// Right after the event with this id. What a channel makes of it, its subscription says
    /// ([`Subscription::resumed`](crate::Subscription::resumed)).
    ///
    /// ```
    /// use sse_runtime::{ResetReason, Resume, Resumed, event_id};
    /// # use sse_runtime::{Channel, SseEvent};
    /// # #[derive(SseEvent)]
    /// # #[sse(source = "inventory")]
    /// # enum InventoryEvent { SoldOut }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let channel: Channel<InventoryEvent> = Channel::new();
    /// let elsewhere = Resume::after(&event_id!("evt_aZ3kPq9Q0000000004200000"));
    /// let resumed = channel.subscribe(elsewhere).resumed();
    /// assert_eq!(resumed, Resumed::Reset(ResetReason::Epoch));
    /// # }
    /// ```
    #[must_use]
    pub fn after(id: &EventId) -> Self {
        let cursor = Cursor::read(id).map(Arc::new);
        Self { asked: Asked::Id(id.clone(), cursor), from_oldest: false }
    }

    /// With something that is no id at all.
    pub(crate) const fn unreadable() -> Self {
        Self { asked: Asked::Unreadable, from_oldest: false }
    }

    /// A reader without a position that counts begins with the oldest event that is kept, and
    /// not with the next one to come: one that is new, and one whose position means nothing
    /// here.
    #[must_use]
    pub fn from_oldest(mut self) -> Self {
        self.from_oldest = true;
        self
    }

    /// The id that the reader came with, if it can be read.
    #[must_use]
    pub const fn last_event_id(&self) -> Option<&EventId> {
        match &self.asked {
            Asked::Id(id, _) => Some(id),
            Asked::Nothing | Asked::Unreadable => None,
        }
    }

    /// Nothing, something unreadable, or positions.
    pub(super) fn cursor(&self) -> Option<Option<&Cursor>> {
        match &self.asked {
            Asked::Nothing => None,
            Asked::Unreadable => Some(None),
            Asked::Id(_, cursor) => Some(cursor.as_deref()),
        }
    }

    /// The positions, if there are some, to be kept.
    pub(super) fn positions(&self) -> Option<Arc<Cursor>> {
        match &self.asked {
            Asked::Nothing | Asked::Unreadable => None,
            Asked::Id(_, cursor) => cursor.clone(),
        }
    }

    /// Whether the reader came with nothing, and is to hear what comes.
    pub(super) const fn is_from_now(&self) -> bool {
        matches!(self.asked, Asked::Nothing) && !self.from_oldest
    }

    pub(super) const fn is_from_oldest(&self) -> bool {
        self.from_oldest
    }
}

impl From<&Self> for Resume {
    fn from(resume: &Self) -> Self {
        resume.clone()
    }
}

/// Right after the event that stands there.
impl From<Position> for Resume {
    fn from(position: Position) -> Self {
        Self::after(&position.id())
    }
}

/// Right after the event with this id.
impl From<&EventId> for Resume {
    fn from(id: &EventId) -> Self {
        Self::after(id)
    }
}
