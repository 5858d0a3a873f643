//! Names of metrics, their labels, and what they are.

use std::fmt;

/// What kind of a metric it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How long an event, or a step of it, took, in seconds.
    Latency,
    /// How long something lived, in seconds. A family of its own: the lifetime of a stream says
    /// nothing of how long an event takes (pitfall P12).
    Lifetime,
}

impl MetricKind {
    /// The buckets of a histogram, in seconds; none for what is no histogram.
    #[must_use]
    pub const fn buckets(self) -> &'static [f64] {
        match self {
            Self::Counter | Self::Gauge => &[],
            Self::Latency => LATENCY,
            Self::Lifetime => {
                &[1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 14_400.0, 86_400.0]
            }
        }
    }
}

/// Ten steps a decade where writes are, from 4 to 100 microseconds, and where a fan-out is, from 1
/// to 100 milliseconds; five elsewhere. A quantile is guessed within its bucket: with the usual
/// steps of 2.5, from 100 microseconds on, that of writes was eight times too large
/// (`tests/benches/sight.rs`). Each step costs every endpoint two series.
#[rustfmt::skip]
const LATENCY: &[f64] = &[
    0.000_001, 0.000_001_6, 0.000_002_5,
    0.000_004, 0.000_005, 0.000_006_3, 0.000_008,
    0.000_01, 0.000_012_5, 0.000_016, 0.000_02, 0.000_025,
    0.000_032, 0.000_04, 0.000_05, 0.000_063, 0.000_08,
    0.000_1, 0.000_16, 0.000_25, 0.000_4, 0.000_63,
    0.001, 0.001_25, 0.001_6, 0.002, 0.002_5, 0.003_2, 0.004, 0.005, 0.006_3, 0.008,
    0.01, 0.012_5, 0.016, 0.02, 0.025, 0.032, 0.04, 0.05, 0.063, 0.08,
    0.1, 0.16, 0.25, 0.4, 0.63,
    1.0, 1.6, 2.5, 4.0, 6.3, 10.0,
];

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Latency | Self::Lifetime => "histogram",
        })
    }
}

/// A metric: its name, its kind, its labels, and what it says.
///
/// ```
/// use sse_runtime::names::{Metric, MetricKind};
///
/// let latency = Metric::ALL.iter().filter(|metric| metric.kind == MetricKind::Latency);
/// // A duration of a step says which step (pitfall P12).
/// assert!(latency.clone().count() > 0);
/// assert!(latency.into_iter().all(|metric| metric.labels.contains(&"phase")));
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What kind of a metric it is.
    pub kind: MetricKind,
    /// Its labels. Each is of a list that is known when compiling, or a route of the program:
    /// none comes from a client.
    pub labels: &'static [&'static str],
    /// What it says.
    pub what: &'static str,
}

/// Declares the metrics: each as a constant for its name, and all of them as a list.
macro_rules! declare {
    ($($name:ident = $text:literal, $kind:ident, [$($label:literal),*], $what:literal;)*) => {
        $(#[doc = concat!($what, ".")] pub const $name: &str = $text;)*

        impl Metric {
            /// Every metric, in the order of the table in the guide.
            pub const ALL: &'static [Self] = &[$(Self {
                name: $text,
                kind: MetricKind::$kind,
                labels: &[$($label),*],
                what: $what,
            }),*];
        }
    };
}

declare! {
    BUILD_INFO = "sse_build_info", Gauge, ["version"],
        "Always 1, with the version of this crate; its absence says that nobody counts";
    CONNECTIONS = "sse_connections", Gauge, ["endpoint", "state"],
        "Open streams, by what they are doing";
    CONNECTIONS_OPENED = "sse_connections_opened_total", Counter, ["endpoint", "resume"],
        "Streams that said `sse.open`, by what became of the position that the reader came with";
    CONNECTIONS_CLOSED = "sse_connections_closed_total", Counter, ["endpoint", "reason"],
        "Streams that have ended after `sse.open`, by their reason";
    CONNECTIONS_REJECTED = "sse_connections_rejected_total", Counter, ["endpoint", "reason"],
        "Requests that got no stream: a limit, a drain, an access that does not hold, a store that does not answer";
    CONNECTIONS_LIMIT = "sse_connections_limit", Gauge, ["scope"],
        "How many streams `serve` allows: in all, of one address, of one principal";
    CONNECTION_DURATION = "sse_connection_duration_seconds", Lifetime, ["endpoint"],
        "How long streams lived";
    EVENTS_DELIVERED = "sse_events_delivered_total", Counter, ["endpoint"],
        "Events that were handed to connections, each once for each reader";
    SENT_BYTES = "sse_sent_bytes_total", Counter, ["endpoint"],
        "Bytes of streams that were handed to connections";
    HEARTBEATS_SENT = "sse_heartbeats_sent_total", Counter, ["endpoint"],
        "Heartbeats that were handed to connections";
    RESUMES = "sse_resumes_total", Counter, ["endpoint", "outcome", "reason"],
        "Readers that came back with a position, and what became of it; the reason of a reset, else `none`";
    MISSED_EVENTS = "sse_missed_events_total", Counter, ["endpoint"],
        "Events that readers were told are gone for good, when they came back or fell behind";
    DELIVERY_DURATION = "sse_delivery_duration_seconds", Latency, ["endpoint", "phase"],
        "`fanout`: from the append to the connection, for the oldest event of a batch, linger included, replays not; `write`: from there until the socket has all of it, under `serve`";
    EVENTS_PUBLISHED = "sse_events_published_total", Counter, ["stream", "outcome"],
        "Events that were to be published, by what became of them: `stored`, `duplicate`, `refused`, `error`";
    PUBLISH_DURATION = "sse_publish_duration_seconds", Latency, ["backend", "phase"],
        "How long publishing took: `encode`, `append`, and of that `sync` where a store makes it safe";
    STORE_UP = "sse_store_up", Gauge, ["backend"],
        "1 while the store works, 0 while it is down, of each that `Prometheus::watch_store` was given";
    EVENT_IDS_REFUSED = "sse_event_ids_refused_total", Counter, [],
        "Values that were to become an event id at run time and broke its form (pitfall P6); nothing was sent with them";
    CLIENT_STATE = "sse_client_state", Gauge, ["state"],
        "Streams of clients in this process, by their state";
    CLIENT_RECONNECTS = "sse_client_reconnects_total", Counter, ["reason"],
        "Connections and attempts of clients that broke and were followed by another, by the row of the retry table";
    CLIENT_CLOSED = "sse_client_closed_total", Counter, ["reason"],
        "Streams of clients that are over, by their reason";
    CLIENT_DURATION = "sse_client_duration_seconds", Latency, ["phase"],
        "`connect`: a connection, TLS included; `fetch`: from the request to the head; `decode`: an event; `process`: what the program does with one";
    CLIENT_EVENTS = "sse_client_events_total", Counter, ["outcome"],
        "What clients received: `event`, `unknown`, `malformed`, `oversized`, of a wrong `source`, or a `repeat`";
    CLIENT_RESUMES = "sse_client_resumes_total", Counter, ["outcome"],
        "Connections of clients that said `sse.open`, by what became of the position";
    CLIENT_MISSED_EVENTS = "sse_client_missed_events_total", Counter, [],
        "Events that clients were told are gone for good";
    CLIENT_RECEIVED_BYTES = "sse_client_received_bytes_total", Counter, [],
        "Bytes of bodies that clients received, as they came";
    CLIENT_REFUSED_IDS = "sse_client_refused_ids_total", Counter, [],
        "Ids that clients received and could not take for their position (pitfall P6); their events were handed out";
}

impl Metric {
    /// The table of the guide, in Markdown.
    ///
    /// ```
    /// use sse_runtime::names::Metric;
    /// assert!(Metric::markdown().contains("| `sse_connections` | gauge | `endpoint`, `state` |"));
    /// ```
    #[must_use]
    pub fn markdown() -> String {
        let row = |metric: &Self| {
            let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
            let Self { name, kind, what, .. } = metric;
            format!("| `{name}` | {kind} | {} | {what} |\n", labels.join(", "))
        };
        let head = "| name | kind | labels | what it says |\n|---|---|---|---|\n".to_owned();
        Self::ALL.iter().map(row).fold(head, |table, row| table + &row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_prometheus() {
        for metric in Metric::ALL {
            let (name, kind) = (metric.name, metric.kind);
            assert!(name.starts_with("sse_") && !name.ends_with("_count"), "{name}");
            assert_eq!(name.ends_with("_total"), kind == MetricKind::Counter, "{name}");
            assert_eq!(name.ends_with("_seconds"), !kind.buckets().is_empty(), "{name}");
            assert!(kind != MetricKind::Latency || metric.labels.contains(&"phase"), "{name}");
            assert!(kind != MetricKind::Lifetime || !metric.labels.contains(&"phase"), "{name}");
            let others = Metric::ALL.iter().filter(|other| other.name == name);
            assert_eq!(others.count(), 1, "{name}");
        }
    }

    #[test]
    fn the_guide_has_the_table_as_the_code_has_it() {
        let guide = include_str!("../../docs/metrics.md");
        let table = Metric::markdown();
        assert!(guide.contains(&table), "`docs/metrics.md` lacks this table:\n\n{table}");
        assert_eq!(guide.matches("| name | kind |").count(), 1);
    }

    #[test]
    fn buckets_grow() {
        for kind in [MetricKind::Latency, MetricKind::Lifetime] {
            assert!(kind.buckets().windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn buckets_of_a_latency_are_narrow_where_deliveries_are() {
        let steps = |from: f64, to: f64| {
            let pairs = MetricKind::Latency.buckets().windows(2);
            pairs.filter(move |pair| pair[0] >= from && pair[1] <= to).map(|pair| pair[1] / pair[0])
        };
        for (from, to) in [(0.000_004, 0.000_1), (0.001, 0.1)] {
            assert!(steps(from, to).count() >= 14);
            assert!(steps(from, to).all(|step| step < 1.3));
        }
        assert!(steps(0.0, f64::MAX).all(|step| step < 1.7));
    }
}
