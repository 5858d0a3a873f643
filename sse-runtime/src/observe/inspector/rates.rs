//! From readings to what the page is told: a pure function of two of them.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use super::{
    reading::Reading,
    rows::{Channel, Channels, Lag, Stream, channel_rows, stream_rows},
    snapshot::{Snapshot, Totals},
};
use crate::{
    channel::ChannelReading,
    names::ServerState,
    server::{Sent, StreamReading},
};

/// For how long a channel that was not met is remembered.
const REMEMBERED: Duration = Duration::from_secs(5);

/// What was read before.
#[derive(Debug, Default)]
pub(super) struct Rates {
    /// None before the first reading.
    at: Option<Duration>,
    published: u64,
    sent: Sent,
    channels: HashMap<u64, Known<Was>>,
    streams: HashMap<u64, Known<Sent>>,
}

/// A channel, as it was.
#[derive(Debug, Clone, Copy)]
struct Was {
    published: u64,
    shown: u64,
}

#[derive(Debug, Clone, Copy)]
struct Known<T> {
    at: Duration,
    value: T,
}

impl Rates {
    pub(super) fn next(&mut self, reading: &Reading, at_ms: u64) -> Snapshot {
        // A channel that moved within its hub during the look was met twice.
        let channels: Channels<'_> =
            reading.channels.iter().map(|channel| (channel.number, channel)).collect();
        let shown = reading.streams.iter().filter(|stream| !stream.is_hidden);
        let streams: Vec<_> =
            shown.map(|stream| self.stream(stream, &channels, reading.at)).collect();
        let worst = self.worst(&streams, &channels);
        let totals = self.totals(reading, &channels, &streams);
        let rated = channels.values().map(|channel| Channel {
            reading: channel,
            lag: worst.get(&channel.number).copied(),
            rate: self.channel_rate(channel, reading.at),
        });
        let channel_rows = channel_rows(rated.collect());
        let stream_rows = stream_rows(streams, &channels);
        self.remember(reading, &channels);
        Snapshot { at_ms, totals, channels: channel_rows, streams: stream_rows }
    }

    fn stream<'a>(
        &self,
        stream: &'a StreamReading,
        channels: &Channels<'_>,
        at: Duration,
    ) -> Stream<'a> {
        let lags = stream.places.iter().filter_map(|place| self.lag(*place, channels));
        let known = self.streams.get(&stream.number);
        let since = |now: u64, before: fn(Sent) -> u64| {
            known.and_then(|known| rate(now.saturating_sub(before(known.value)), known.at, at))
        };
        Stream {
            reading: stream,
            lag: lags.reduce(Lag::or),
            rate: since(stream.sent.events, |sent| sent.events),
            bytes_rate: since(stream.sent.bytes, |sent| sent.bytes),
        }
    }

    /// How far behind somebody is who stands there; none where the channel was not met.
    fn lag(&self, (number, seq): (u64, u64), channels: &Channels<'_>) -> Option<Lag> {
        let channel = channels.get(&number)?;
        let was_shown = self.channels.get(&number).map_or(0, |known| known.value.shown);
        Some(Lag { events: channel.shown.saturating_sub(seq), is_late: seq < was_shown })
    }

    /// The worst of the streams of each channel.
    fn worst(&self, streams: &[Stream<'_>], channels: &Channels<'_>) -> HashMap<u64, Lag> {
        let mut worst: HashMap<u64, Lag> = HashMap::new();
        for place in streams.iter().flat_map(|stream| &stream.reading.places) {
            if let Some(lag) = self.lag(*place, channels) {
                worst.entry(place.0).and_modify(|worst| *worst = worst.or(lag)).or_insert(lag);
            }
        }
        worst
    }

    fn totals(&self, reading: &Reading, channels: &Channels<'_>, streams: &[Stream<'_>]) -> Totals {
        let (published, sent) = sums(reading, channels);
        let since = |more: u64| self.at.and_then(|before| rate(more, before, reading.at));
        let mut states: BTreeMap<_, _> =
            ServerState::ALL.iter().map(|state| (state.as_str(), 0)).collect();
        for stream in streams {
            *states.entry(stream.reading.state.as_str()).or_default() += 1;
        }
        let lags = || streams.iter().filter_map(|stream| stream.lag);
        Totals {
            channels: channels.len(),
            kept_bytes: channels.values().map(|channel| channel.bytes).sum(),
            streams: streams.len(),
            states,
            late: lags().filter(|lag| lag.is_late).count(),
            worst_lag: lags().map(|lag| lag.events).max().unwrap_or_default(),
            watchers: reading.streams.len() - streams.len(),
            published,
            published_rate: since(published.saturating_sub(self.published)),
            delivered: sent.events,
            delivered_rate: since(sent.events.saturating_sub(self.sent.events)),
            bytes: sent.bytes,
            bytes_rate: since(sent.bytes.saturating_sub(self.sent.bytes)),
        }
    }

    fn channel_rate(&self, channel: &ChannelReading, at: Duration) -> Option<f64> {
        let known = self.channels.get(&channel.number)?;
        rate(channel.published.saturating_sub(known.value.published), known.at, at)
    }

    fn remember(&mut self, reading: &Reading, channels: &Channels<'_>) {
        let at = reading.at;
        // What went while it was read is not counted until the next time. A sum that is too
        // small must not make the next one look as if much had happened: only the highest counts.
        let (published, sent) = sums(reading, channels);
        self.published = self.published.max(published);
        self.sent.events = self.sent.events.max(sent.events);
        self.sent.bytes = self.sent.bytes.max(sent.bytes);
        for channel in channels.values() {
            let value = Was { published: channel.published, shown: channel.shown };
            self.channels.insert(channel.number, Known { at, value });
        }
        for stream in &reading.streams {
            self.streams.insert(stream.number, Known { at, value: stream.sent });
        }
        self.channels.retain(|_, known| known.at + REMEMBERED > at);
        self.streams.retain(|_, known| known.at == at);
        self.at = Some(at);
    }
}

/// All that was ever published and sent, as far as this reading knows.
fn sums(reading: &Reading, channels: &Channels<'_>) -> (u64, Sent) {
    let published = channels.values().map(|channel| channel.published);
    let shown = reading.streams.iter().filter(|stream| !stream.is_hidden);
    let sent = shown.fold(reading.sent_before, |sum, stream| Sent {
        events: sum.events.saturating_add(stream.sent.events),
        bytes: sum.bytes.saturating_add(stream.sent.bytes),
    });
    (published.fold(reading.published_before, u64::saturating_add), sent)
}

/// By the second, to a tenth; none where no time has passed.
#[allow(clippy::cast_precision_loss, reason = "nobody reads so many digits")]
fn rate(more: u64, before: Duration, at: Duration) -> Option<f64> {
    let since = at.saturating_sub(before);
    (!since.is_zero()).then(|| (more as f64 / since.as_secs_f64() * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{
        super::{snapshot::PlaceRow, top::MOST},
        *,
    };

    const SECOND: Duration = Duration::from_secs(1);

    fn channel(number: u64, published: u64) -> ChannelReading {
        ChannelReading {
            number,
            name: None,
            event: "StockEvent",
            sources: &["stock"],
            published,
            head: published,
            shown: published,
            first: 1,
            bytes: published * 100,
            listeners: 1,
            has_ended: false,
        }
    }

    fn stream(number: u64, places: &[(u64, u64)], events: u64) -> StreamReading {
        StreamReading {
            number,
            request_id: format!("req-{number}").into(),
            peer: None,
            endpoint: Arc::from("/events"),
            sources: &["stock"],
            state: ServerState::Live,
            age: number as u32 * SECOND,
            sent: Sent { events, bytes: events * 100 },
            places: places.to_vec(),
            is_hidden: false,
        }
    }

    fn reading(
        at: u32,
        channels: impl IntoIterator<Item = ChannelReading>,
        streams: impl IntoIterator<Item = StreamReading>,
    ) -> Reading {
        let (channels, streams) = (channels.into_iter().collect(), streams.into_iter().collect());
        Reading { at: at * SECOND, channels, streams, ..Reading::default() }
    }

    #[test]
    fn rates_are_differences_by_time_and_none_at_first() {
        let mut rates = Rates::default();
        let first = rates.next(&reading(0, [channel(1, 10)], [stream(1, &[(1, 10)], 4)]), 7);
        assert_eq!(
            (first.at_ms, first.totals.published, first.totals.published_rate),
            (7, 10, None)
        );
        assert_eq!((first.channels[0].rate, first.streams[0].rate), (None, None));
        let second = rates.next(&reading(2, [channel(1, 25)], [stream(1, &[(1, 20)], 7)]), 8);
        assert_eq!(second.totals.published_rate, Some(7.5));
        assert_eq!(
            (second.totals.delivered_rate, second.totals.bytes_rate),
            (Some(1.5), Some(150.0))
        );
        assert_eq!(second.channels[0].rate, Some(7.5));
        assert_eq!(
            (second.streams[0].rate, second.streams[0].bytes_rate),
            (Some(1.5), Some(150.0))
        );
        let again = rates.next(&reading(2, [channel(1, 30)], []), 9);
        assert_eq!(again.totals.published_rate, None, "no time has passed");
    }

    #[test]
    fn what_is_gone_counts_on() {
        let mut rates = Rates::default();
        let streams = [stream(1, &[], 100), stream(2, &[], 5)];
        rates.next(&reading(0, [channel(1, 100)], streams), 0);
        // The stream ends during the look, and so is in neither sum.
        let between = rates.next(&reading(1, [], [stream(2, &[], 6)]), 0).totals;
        assert_eq!((between.published_rate, between.delivered_rate), (Some(0.0), Some(0.0)));
        let mut last = reading(2, [], [stream(2, &[], 7)]);
        (last.published_before, last.sent_before) = (103, Sent { events: 101, bytes: 10_100 });
        let totals = rates.next(&last, 0).totals;
        assert_eq!((totals.published, totals.published_rate), (103, Some(3.0)));
        assert_eq!((totals.delivered, totals.delivered_rate), (108, Some(3.0)));
    }

    #[test]
    fn the_lag_is_that_of_the_worst() {
        let streams =
            [stream(1, &[(1, 100), (2, 4)], 0), stream(2, &[(1, 93)], 0), stream(3, &[], 0)];
        let mut ahead = stream(4, &[(1, 101)], 0);
        ahead.state = ServerState::CatchingUp;
        let all = [channel(1, 100), channel(2, 5), channel(3, 9)];
        let read = reading(0, all, streams.into_iter().chain([ahead]));
        let Snapshot { totals, channels, streams, .. } = Rates::default().next(&read, 0);
        let lags: Vec<_> = channels.iter().map(|row| row.lag).collect();
        assert_eq!(lags, [Some(7), Some(1), None]);
        let lags: Vec<_> = streams.iter().map(|row| row.lag).collect();
        assert_eq!(lags, [Some(1), Some(7), None, Some(0)]);
        assert_eq!(streams[0].places[1], PlaceRow { channel: "StockEvent".into(), seq: 4, lag: 1 });
        assert_eq!((totals.late, totals.worst_lag), (0, 7));
        assert_eq!((totals.states["live"], totals.states["catching_up"]), (3, 1));
    }

    #[test]
    fn late_is_who_lacks_what_there_was_before() {
        let mut rates = Rates::default();
        rates.next(&reading(0, [channel(1, 10)], [stream(1, &[(1, 9)], 0)]), 0);
        let streams = [stream(1, &[(1, 9)], 0), stream(2, &[(1, 10)], 0)];
        let next = rates.next(&reading(1, [channel(1, 50)], streams), 0);
        let late: Vec<_> = next.streams.iter().map(|row| (row.lag, row.is_late)).collect();
        assert_eq!(late, [(Some(41), true), (Some(40), false)]);
        assert_eq!((next.totals.late, next.channels[0].is_late), (1, true));
    }

    #[test]
    fn those_who_look_are_counted_and_not_shown() {
        let mut looks = stream(1, &[(9, 3)], 1_000);
        looks.is_hidden = true;
        let read = reading(0, [channel(1, 1)], [looks, stream(2, &[(1, 1)], 1)]);
        let Snapshot { totals, streams, .. } = Rates::default().next(&read, 0);
        assert_eq!((totals.watchers, totals.streams, totals.delivered), (1, 1, 1));
        assert_eq!(streams.len(), 1);
    }

    #[test]
    fn there_are_no_more_rows_than_somebody_reads() {
        let channels = (0..10_000).map(|number| channel(number, number % 3));
        let streams = (0..10_000).map(|number| stream(number, &[(number, 0)], 0));
        let Snapshot { totals, channels, streams, .. } =
            Rates::default().next(&reading(0, channels, streams), 0);
        assert_eq!((totals.channels, totals.streams), (10_000, 10_000));
        assert_eq!((channels.len(), streams.len()), (MOST, MOST));
        assert!(channels.iter().filter(|row| row.lag == Some(2)).count() >= MOST / 2);
    }

    #[test]
    fn a_channel_that_was_not_met_once_is_known_still() {
        let mut rates = Rates::default();
        rates.next(&reading(0, [channel(1, 10)], []), 0);
        rates.next(&reading(1, [], []), 0);
        let rows = rates.next(&reading(2, [channel(1, 14), channel(1, 14)], []), 0).channels;
        assert_eq!((rows.len(), rows[0].rate), (1, Some(2.0)));
        for at in 3..20 {
            rates.next(&reading(at, [], []), 0);
        }
        assert!(rates.channels.is_empty());
    }
}
