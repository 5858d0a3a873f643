//! The rows of a snapshot.

use std::collections::HashMap;

use super::{
    snapshot::{ChannelRow, PlaceRow, StreamRow},
    top::{MOST, Weight, top},
};
use crate::{channel::ChannelReading, log::milliseconds, server::StreamReading};

/// By their numbers.
pub(super) type Channels<'a> = HashMap<u64, &'a ChannelReading>;

/// How far behind somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lag {
    pub(super) events: u64,
    /// Whether it is more than a second: what there was at the look before is not there yet.
    pub(super) is_late: bool,
}

/// A channel, and what is known of it by comparing.
pub(super) struct Channel<'a> {
    pub(super) reading: &'a ChannelReading,
    /// That of the worst of its streams.
    pub(super) lag: Option<Lag>,
    pub(super) rate: Option<f64>,
}

/// A stream, and what is known of it by comparing.
pub(super) struct Stream<'a> {
    pub(super) reading: &'a StreamReading,
    /// That in the worst of its channels.
    pub(super) lag: Option<Lag>,
    pub(super) rate: Option<f64>,
    pub(super) bytes_rate: Option<f64>,
}

impl Lag {
    /// The worse of two, in each respect.
    pub(super) fn or(self, other: Self) -> Self {
        Self { events: self.events.max(other.events), is_late: self.is_late || other.is_late }
    }
}

/// Those that are shown, in an order that does not change.
pub(super) fn channel_rows(channels: Vec<Channel<'_>>) -> Vec<ChannelRow> {
    let shown = top(channels, MOST, |channel| Weight {
        lag: channel.lag.map_or(0, |lag| lag.events),
        rate: thousandths(channel.rate),
        readers: channel.reading.listeners,
        number: channel.reading.number,
    });
    let mut rows: Vec<_> = shown.iter().map(channel_row).collect();
    rows.sort_unstable_by_key(|row| row.key);
    rows
}

/// The same of streams.
pub(super) fn stream_rows(streams: Vec<Stream<'_>>, channels: &Channels<'_>) -> Vec<StreamRow> {
    let shown = top(streams, MOST, |stream| Weight {
        lag: stream.lag.map_or(0, |lag| lag.events),
        rate: thousandths(stream.rate),
        readers: 0,
        number: stream.reading.number,
    });
    let mut rows: Vec<_> = shown.iter().map(|stream| stream_row(stream, channels)).collect();
    rows.sort_unstable_by_key(|row| row.key);
    rows
}

fn channel_row(channel: &Channel<'_>) -> ChannelRow {
    let Channel { reading, lag, rate } = *channel;
    ChannelRow {
        key: reading.number,
        name: reading.name.as_ref().map(ToString::to_string),
        event: reading.event,
        sources: reading.sources,
        head: reading.head,
        first: reading.first,
        kept: (reading.head + 1).saturating_sub(reading.first),
        bytes: reading.bytes,
        readers: reading.listeners,
        lag: lag.map(|lag| lag.events),
        is_late: lag.is_some_and(|lag| lag.is_late),
        rate,
        has_ended: reading.has_ended,
    }
}

fn stream_row(stream: &Stream<'_>, channels: &Channels<'_>) -> StreamRow {
    let Stream { reading, lag, rate, bytes_rate } = *stream;
    let places = reading.places.iter().filter_map(|(number, seq)| {
        let channel = channels.get(number)?;
        let name = channel.name.as_ref().map_or(channel.event, |name| name.as_str());
        let lag = channel.shown.saturating_sub(*seq);
        Some(PlaceRow { channel: name.to_owned(), seq: *seq, lag })
    });
    StreamRow {
        key: reading.number,
        request_id: reading.request_id.to_string(),
        peer: reading.peer,
        endpoint: reading.endpoint.to_string(),
        sources: reading.sources,
        state: reading.state.as_str(),
        age_ms: milliseconds(reading.age),
        places: places.collect(),
        lag: lag.map(|lag| lag.events),
        is_late: lag.is_some_and(|lag| lag.is_late),
        events: reading.sent.events,
        bytes: reading.sent.bytes,
        rate,
        bytes_rate,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are neither")]
fn thousandths(rate: Option<f64>) -> u64 {
    (rate.unwrap_or_default() * 1_000.0) as u64
}
