//! The other decoders, each from chunks to a number of events.

use std::{
    convert::Infallible,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use eventsource_stream::Eventsource as _;
use futures_util::{Stream, stream};
use sse_core::{SseDecoder, SseEvent};
use sse_stream::SseByteStream;

type Read = fn(&[&[u8]]) -> usize;

pub(crate) const ALL: [(&str, Read); 3] = [
    ("sse-core", sse_core),
    ("sse-stream", sse_stream),
    ("eventsource-stream", eventsource_stream),
];

fn sse_core(chunks: &[&[u8]]) -> usize {
    let mut decoder = SseDecoder::new();
    let mut events = 0;
    for chunk in chunks {
        let mut chunk = *chunk;
        while let Some(event) = decoder.next(&mut chunk) {
            let event = event.expect("the events are small enough");
            events += usize::from(matches!(event, SseEvent::Message(_)));
            black_box(event);
        }
    }
    events
}

fn sse_stream(chunks: &[&[u8]]) -> usize {
    count(SseByteStream::new(ready(chunks)))
}

fn eventsource_stream(chunks: &[&[u8]]) -> usize {
    count(ready(chunks).eventsource())
}

fn ready<'a>(chunks: &'a [&'a [u8]]) -> impl Stream<Item = Result<&'a [u8], Infallible>> {
    stream::iter(chunks.iter().copied().map(Ok))
}

/// Takes every event of a stream that is always ready.
fn count<T, E: std::fmt::Debug>(events: impl Stream<Item = Result<T, E>>) -> usize {
    let mut events = pin!(events);
    let mut context = Context::from_waker(Waker::noop());
    let mut count = 0;
    while let Poll::Ready(Some(event)) = events.as_mut().poll_next(&mut context) {
        black_box(event.expect("the stream is well formed"));
        count += 1;
    }
    count
}
