//! The literals that are checked when compiling.

/// An [`EventId`](crate::EventId) from a literal that is checked when compiling.
///
/// The default form only: `evt_` and 8 to 32 ASCII letters or digits (pitfall P6).
///
/// ```
/// use sse_runtime::{EventId, event_id};
/// const FIRST: EventId = event_id!("evt_0000000000000001");
/// ```
///
/// ```compile_fail
/// # use sse_runtime::event_id;
/// let id = event_id!("evt_with space1"); // an event id holds only letters and digits
/// ```
#[macro_export]
macro_rules! event_id {
    ($($literal:tt)*) => { $crate::__private::event_id!([$crate] $($literal)*) };
}

/// An [`EventName`](crate::EventName) from a literal that is checked when compiling.
///
/// ```
/// use sse_runtime::{EventName, event_name};
/// const NAME: EventName = event_name!("stock_changed");
/// ```
///
/// ```compile_fail
/// # use sse_runtime::event_name;
/// let name = event_name!("message"); // an `EventSource` fires it for reasons of its own
/// ```
#[macro_export]
macro_rules! event_name {
    ($($literal:tt)*) => { $crate::__private::event_name!([$crate] $($literal)*) };
}

/// A [`Source`](crate::Source) from a literal that is checked when compiling.
///
/// ```
/// use sse_runtime::{Source, source};
/// const INVENTORY: Source = source!("inventory");
/// ```
///
/// ```compile_fail
/// # use sse_runtime::source;
/// let source = source!("shop.inventory"); // a source holds no dot
/// ```
#[macro_export]
macro_rules! source {
    ($($literal:tt)*) => { $crate::__private::source!([$crate] $($literal)*) };
}
