//! The checked values: what is accepted cannot break a frame, and comes back as it was. And the
//! ids that a client is sent: what it adopts can be sent back.

use sse_runtime::{__fuzz, Decoded, Decoder, EventId, EventName, Position, Source};

/// The bytes are the value.
///
/// # Panics
///
/// If a value is accepted that the wire cannot carry, or that a client could not give back.
pub fn run(bytes: &[u8]) {
    // What is not UTF-8 cannot be asked about; what stands before it can.
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let default = EventId::try_from(text);
    let opaque = EventId::opaque(text);
    if let Ok(id) = &default {
        let rest = text.strip_prefix("evt_").unwrap_or_default();
        assert!(rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!(opaque.is_ok(), "the default form is opaque to others");
        survives("id", id.as_str());
        if let Ok(position) = Position::try_from(id) {
            assert_eq!(position.id(), *id, "a position is one id");
        }
    }
    if let Ok(id) = &opaque {
        assert!((1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()));
        survives("id", id.as_str());
    }
    if let Ok(name) = EventName::try_from(text) {
        survives("event", name.as_str());
    }
    if let Ok(source) = Source::try_from(text) {
        survives("source", source.as_str());
    }
    assert_eq!(__fuzz::client_ids(text), Ok(()));
}

/// Written into a frame, the value is what a reader gets, and all that it gets.
fn survives(field: &str, value: &str) {
    let frame = format!("{field}: {value}\ndata: x\n\n");
    let (mut decoder, mut input) = (Decoder::new(), frame.as_bytes());
    let Some(Decoded::Event(event)) = decoder.next(&mut input) else {
        return assert_eq!(frame, "", "no event");
    };
    let read = match field {
        "id" => event.id,
        "event" => event.event,
        _ => event.source.unwrap_or_default(),
    };
    assert_eq!((read, event.data), (value, "x"));
    assert!(input.is_empty() && decoder.next(&mut input).is_none());
}
