//! What the fields of an event must be, with messages that say what to write.
//!
//! Each is a blanket over a trait of serde that is kept out of the messages: serde's own
//! message knows nothing of the keys of this crate.

use serde::{Serialize, de::DeserializeOwned};

use crate::wire::EventId;

// Not public API: used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the payload `{Self}` cannot be written to `data:`",
    label = "no `Serialize` for this payload",
    note = "write `#[derive(serde::Serialize)]` on `{Self}` or on the type in it that lacks it, or `#[sse(decode_only)]` on the event enum if it is never sent",
    note = "the derive needs `serde = {{ version = \"1\", features = [\"derive\"] }}` in Cargo.toml"
)]
pub trait Payload: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Payload for T {}

// Not public API: used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the payload `{Self}` cannot be read back from `data:`",
    label = "no `Deserialize` for this payload",
    note = "write `#[derive(serde::Deserialize)]` on `{Self}` or on the type in it that lacks it, or `#[sse(encode_only)]` on the event enum if it is only sent (a payload that borrows needs that too)",
    note = "the derive needs `serde = {{ version = \"1\", features = [\"derive\"] }}` in Cargo.toml"
)]
pub trait OwnedPayload: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> OwnedPayload for T {}

// Not public API: used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`#[sse(id)]` marks a field of type `EventId`, and this one is `{Self}`",
    label = "not an `EventId`",
    note = "make the field an `sse_runtime::EventId`; text becomes one by `EventId::try_from(text)?`"
)]
pub trait IdField {
    fn id(&self) -> &EventId;
}

impl IdField for EventId {
    fn id(&self) -> &EventId {
        self
    }
}

// Not public API: used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`#[sse(topic)]` marks a field of text, and this one is `{Self}`",
    label = "not text",
    note = "make the field a `String`, or another type that is `AsRef<str>`"
)]
pub trait TopicField {
    fn topic(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str> + ?Sized> TopicField for T {
    fn topic(&self) -> &str {
        self.as_ref()
    }
}
