//! What a listener is shown of a channel, and as what.

use std::sync::Arc;

use bytes::Bytes;

use crate::{
    event::{
        DecodeEvent, EncodeEvent, FrameOptions, Identity, SseEvent, decode, encode_frame,
        with_scratch,
    },
    log::{Extra, Seen},
    wire::{Frame, TraceParent, traceparent},
};

/// One step between the log and a listener: an event goes in, and something comes of it.
/// Shared, because a stream of several channels has one for all of them.
pub(super) type View = Arc<dyn Fn(Seen) -> Sight + Send + Sync>;

/// What a listener gets to see of an event.
pub(super) enum Sight {
    /// The event, or another in its place.
    Shown(Seen),
    /// Nothing: it is not for this listener.
    Hidden,
    /// Nothing, though it may be for this listener: it cannot be read back, or what was made of
    /// it cannot be encoded. The listener is told that it missed one.
    Lost,
}

/// A view that only lets through or not, and does not know where there is nothing to ask. The
/// end of a channel concerns everybody.
pub(super) fn keep(is_shown: impl Fn(&Seen) -> Option<bool> + Send + Sync + 'static) -> View {
    Arc::new(move |seen| {
        if seen.head.info().is_terminal() {
            return Sight::Shown(seen);
        }
        match is_shown(&seen) {
            Some(true) => Sight::Shown(seen),
            Some(false) => Sight::Hidden,
            None => Sight::Lost,
        }
    })
}

/// A view that lets through what can be read.
pub(super) fn readable<E>(qualify: bool) -> View
where
    E: DecodeEvent + Send + Sync + 'static,
{
    Arc::new(move |seen| match typed::<E>(&seen, qualify) {
        Some(_) => Sight::Shown(seen),
        None => Sight::Lost,
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

/// The typed event: decoded once for all who ask for this type.
pub(super) fn typed<E>(seen: &Seen, qualify: bool) -> Option<Arc<E>>
where
    E: DecodeEvent + Send + Sync + 'static,
{
    match seen.extra.as_ref().filter(|_| !seen.is_mapped) {
        Some(extra) => extra.decoded(|| read(seen, qualify)),
        None => read(seen, qualify),
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
            tracing::error!(event_name, error, "an event of a channel cannot be read back");
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
        let Some(event) = typed::<E>(&seen, qualify) else { return Sight::Lost };
        let Some(mapped) = map(&event) else { return Sight::Hidden };
        // Whatever it is made to be, it was caused by the same.
        let Some(frame) = write(&mapped, traceparent(&seen.frame)) else { return Sight::Lost };
        let extra = Extra::of(mapped.__topic());
        Sight::Shown(Seen { frame, head: mapped.__head(), extra, is_mapped: true, ..seen })
    })
}

fn write<F: EncodeEvent>(event: &F, parent: Option<TraceParent>) -> Option<Bytes> {
    with_scratch(|frame| {
        let start = frame.mark();
        match encode_frame(event, frame, Identity::None, FrameOptions::default()) {
            Ok(()) => {
                if let Some(parent) = &parent {
                    frame.trace(start, parent);
                }
                Some(Bytes::copy_from_slice(frame.as_bytes()))
            }
            Err(error) => {
                let error = error.to_string();
                tracing::error!(error, "a mapped event cannot be encoded");
                None
            }
        }
    })
}

/// The names that no event of the type has.
pub(super) fn unknown_names<E: SseEvent>(names: &[String]) -> Vec<String> {
    names.iter().filter(|name| !E::CATALOGUE.contains(name)).cloned().collect()
}
