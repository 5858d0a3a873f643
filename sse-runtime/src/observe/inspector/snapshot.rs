//! What the page is told.

use std::{collections::BTreeMap, net::IpAddr};

use serde::Serialize;
use sse_macros::SseEvent;

/// The events of the page.
#[derive(Debug, SseEvent)]
#[sse(source = "inspector", encode_only)]
pub(super) enum InspectorEvent {
    /// Once a second.
    Snapshot(Snapshot),
}

/// All of it at a moment. Rates are in a second; none where nothing is known yet of before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Snapshot {
    /// When, in milliseconds since 1970, by a clock that does not jump.
    pub(super) at_ms: u64,
    pub(super) totals: Totals,
    /// Those that are shown.
    pub(super) channels: Vec<ChannelRow>,
    /// Those that are shown.
    pub(super) streams: Vec<StreamRow>,
}

/// Of all channels and streams, whether they are shown or not.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Totals {
    pub(super) channels: usize,
    /// How many bytes they keep.
    pub(super) kept_bytes: u64,
    pub(super) streams: usize,
    /// How many streams there are in each state.
    pub(super) states: BTreeMap<&'static str, usize>,
    /// How many streams are more than a second behind.
    pub(super) late: usize,
    /// By how many events the worst stream lags.
    pub(super) worst_lag: u64,
    /// How many look at this.
    pub(super) watchers: usize,
    /// All since the start, and by the second.
    pub(super) published: u64,
    pub(super) published_rate: Option<f64>,
    pub(super) delivered: u64,
    pub(super) delivered_rate: Option<f64>,
    pub(super) bytes: u64,
    pub(super) bytes_rate: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ChannelRow {
    pub(super) key: u64,
    /// None outside of a hub.
    pub(super) name: Option<String>,
    /// The event type.
    pub(super) event: &'static str,
    pub(super) sources: &'static [&'static str],
    /// The numbers of the newest event and of the oldest that is kept.
    pub(super) head: u64,
    pub(super) first: u64,
    /// How many events and bytes are kept.
    pub(super) kept: u64,
    pub(super) bytes: u64,
    pub(super) readers: usize,
    /// The worst of its streams; none where it has no stream.
    pub(super) lag: Option<u64>,
    /// Whether one of them is more than a second behind.
    pub(super) is_late: bool,
    pub(super) rate: Option<f64>,
    pub(super) has_ended: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct StreamRow {
    pub(super) key: u64,
    pub(super) request_id: String,
    pub(super) peer: Option<IpAddr>,
    pub(super) endpoint: String,
    pub(super) sources: &'static [&'static str],
    pub(super) state: &'static str,
    pub(super) age_ms: u64,
    /// Where it stands in each of its channels.
    pub(super) places: Vec<PlaceRow>,
    /// The worst of them; none without a channel.
    pub(super) lag: Option<u64>,
    /// Whether it is more than a second behind: it lacks what there was at the look before.
    pub(super) is_late: bool,
    pub(super) events: u64,
    pub(super) bytes: u64,
    pub(super) rate: Option<f64>,
    pub(super) bytes_rate: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PlaceRow {
    /// The name of the channel, else its event type.
    pub(super) channel: String,
    pub(super) seq: u64,
    pub(super) lag: u64,
}
