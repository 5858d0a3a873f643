//! What a listener is shown of a channel, and as what.

use std::{any::Any, sync::Arc};

use crate::{
    event::{
        DecodeEvent, EncodeEvent, FrameOptions, Identity, SseEvent, decode, encode_frame,
        with_scratch,
    },
    log::{Extra, Seen},
    wire::Frame,
};
use bytes::Bytes;

/// One step between the log and a listener: an event goes in, and it or another comes out, or
/// nothing. Shared, because a stream of several channels has one for all of them.
pub(super) type View = Arc<dyn Fn(Seen) -> Option<Seen> + Send + Sync>;

/// A view that only lets through or not. The end of a channel concerns everybody.
pub(super) fn keep(is_shown: impl Fn(&Seen) -> bool + Send + Sync + 'static) -> View {
    Arc::new(move |seen| {
        let is_end = seen.head.info().is_terminal();
        (is_end || is_shown(&seen)).then_some(seen)
    })
}

/// The name of an event on the wire. `qualify` says whether its source stands in front because
/// the stream is one of several sources.
pub(super) fn is_called(seen: &Seen, qualify: bool, name: &str) -> bool {
    let info = seen.head.info();
    match info.source().filter(|_| qualify || seen.head.qualified()) {
        None => info.name() == name,
        Some(source) => name
            .strip_prefix(source)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| rest == info.name()),
    }
}

/// The typed event: decoded once for all who ask for this type, and never again.
pub(super) fn typed<E>(seen: &Seen, qualify: bool) -> Option<Arc<E>>
where
    E: DecodeEvent + Send + Sync + 'static,
{
    let read = || read::<E>(seen, qualify);
    let Some(extra) = seen.extra.as_ref().filter(|_| !seen.is_mapped) else { return read() };
    let shared =
        extra.decoded.get_or_init(|| read().map(|event| event as Arc<dyn Any + Send + Sync>));
    match shared.clone()?.downcast() {
        Ok(event) => Some(event),
        // Another listener asks for the same event as a part of another enum.
        Err(_) => read(),
    }
}

fn read<E: DecodeEvent>(seen: &Seen, qualify: bool) -> Option<Arc<E>> {
    let frame = Frame::from_encoder(seen.frame.clone());
    let name = frame.event()?;
    let qualified = match seen.head.info().source() {
        Some(source) if qualify && !seen.head.qualified() => Some(format!("{source}.{name}")),
        _ => None,
    };
    match decode(qualified.as_deref().unwrap_or(name), &frame.data()) {
        Ok(event) => Some(Arc::new(event)),
        Err(error) => {
            // As a string, which is escaped: the text is that of a `Deserialize`.
            let error = error.to_string();
            let event_name = seen.head.info().name();
            tracing::error!(event_name, error, "an event cannot be read back, and is left out");
            None
        }
    }
}

/// A view that makes another event of each.
pub(super) fn map<E, F>(
    qualify: bool,
    map: impl Fn(&E) -> Option<F> + Send + Sync + 'static,
) -> View
where
    E: DecodeEvent + Send + Sync + 'static,
    F: EncodeEvent,
{
    Arc::new(move |seen| {
        let event = typed::<E>(&seen, qualify)?;
        let mapped = map(&event)?;
        let frame = write(&mapped)?;
        let extra = Extra::of(mapped.__topic());
        Some(Seen { frame, head: mapped.__head(), extra, is_mapped: true, ..seen })
    })
}

fn write<F: EncodeEvent>(event: &F) -> Option<Bytes> {
    with_scratch(|frame| {
        match encode_frame(event, frame, Identity::None, FrameOptions::default()) {
            Ok(()) => Some(Bytes::copy_from_slice(frame.as_bytes())),
            Err(error) => {
                let error = error.to_string();
                tracing::error!(error, "a mapped event cannot be encoded, and is left out");
                None
            }
        }
    })
}

/// The names that no event of the type has.
pub(super) fn unknown_names<E: SseEvent>(names: &[String]) -> Vec<String> {
    names.iter().filter(|name| !E::CATALOGUE.contains(name)).cloned().collect()
}
