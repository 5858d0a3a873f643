//! One encoded event.

use std::fmt;

use bytes::Bytes;

use super::TraceParent;

/// One whole event as it goes over the wire, encoded once and cheap to clone.
///
/// Made by [`encode`](crate::encode), never from text: a frame cannot be forged.
///
/// ```
/// # use sse_runtime::SseEvent;
/// # #[derive(SseEvent)]
/// # #[sse(source = "inventory")]
/// # enum InventoryEvent { SoldOut { sku: String } }
/// let frame = sse_runtime::encode(&InventoryEvent::SoldOut { sku: "A-1".into() })?;
/// assert_eq!(frame.event(), Some("sold_out"));
/// assert_eq!(frame.source(), Some("inventory"));
/// assert_eq!(frame.data(), r#"{"sku":"A-1"}"#);
/// # Ok::<(), sse_runtime::EncodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    bytes: Bytes,
}

impl Frame {
    /// Takes what an encoder of this crate has written: exactly one frame.
    pub(crate) const fn from_encoder(bytes: Bytes) -> Self {
        Self { bytes }
    }

    /// The frames of a chunk of a stream: each has a blank line at its end.
    #[cfg(feature = "server")]
    pub(crate) fn split(mut chunk: Bytes) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            let end = memchr::memmem::find(&chunk, b"\n\n")? + 2;
            Some(Self::from_encoder(chunk.split_to(end)))
        })
    }

    /// The bytes as they go out, with the blank line at the end.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes, shared.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The value of the `id:` line.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.field("id")
    }

    /// The value of the `event:` line.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        self.field("event")
    }

    /// The value of the `source:` line.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.field("source")
    }

    /// The value of the `traceparent:` line: which span caused the event, if it was published with
    /// one.
    #[must_use]
    pub fn traceparent(&self) -> Option<TraceParent> {
        traceparent(&self.bytes)
    }

    /// The `data:` lines, joined by line feeds as a reader joins them.
    #[must_use]
    pub fn data(&self) -> String {
        let lines: Vec<&str> = self.values("data").collect();
        lines.join("\n")
    }

    fn field(&self, name: &'static str) -> Option<&str> {
        self.values(name).next()
    }

    /// Enough of a reader for what the encoder of this crate writes, and no more: the
    /// lines end in a line feed and each value has a space in front, if it is not empty.
    fn values(&self, name: &'static str) -> impl Iterator<Item = &str> {
        // The encoder writes text alone, so that nothing is lost here.
        let text = std::str::from_utf8(&self.bytes).unwrap_or_default();
        text.split('\n').filter_map(move |line| {
            let value = line.strip_prefix(name)?.strip_prefix(':')?;
            Some(value.strip_prefix(' ').unwrap_or(value))
        })
    }
}

/// The span that caused the event of a frame, looked for where it stands: before the data.
pub(crate) fn traceparent(frame: &[u8]) -> Option<TraceParent> {
    let lines = frame.split(|&byte| byte == b'\n');
    let mut head = lines.take_while(|line| !line.starts_with(b"data:"));
    head.find_map(|line| line.strip_prefix(b"traceparent: ")).and_then(TraceParent::read)
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame(b\"{}\")", self.bytes.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_back() {
        let frame = Frame::from_encoder(Bytes::from_static(
            b"id: evt_00000001\nevent: a\ndata: 1\ndata:  2\n\n",
        ));
        assert_eq!(frame.id(), Some("evt_00000001"));
        assert_eq!(frame.event(), Some("a"));
        assert_eq!(frame.source(), None);
        assert_eq!(frame.data(), "1\n 2");
        assert_eq!(frame.traceparent(), None);
    }

    #[test]
    fn a_traceparent_stands_before_the_data_and_nowhere_else() {
        const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let read = |text: String| Frame::from_encoder(Bytes::from(text)).traceparent();
        let parent = read(format!("event: a\ntraceparent: {PARENT}\ndata: 1\n\n"));
        assert_eq!(parent, PARENT.parse().ok());
        assert_eq!(read(format!("event: a\ndata: 1\ntraceparent: {PARENT}\n\n")), None);
    }
}
