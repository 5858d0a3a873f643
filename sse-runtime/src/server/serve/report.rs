//! How a server ended.

use std::{fmt, io, net::IpAddr, time::Duration};

use super::settings::InvalidServeConfig;

/// How a server ended: what [`serve`](crate::serve()) gives after its shutdown.
///
/// Its text is one line: `1000 streams, 50 cut, after 1.5s: req_4J…, …`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeReport {
    /// How many streams were open when the drain began.
    pub streams: usize,
    /// Those that did not end in time and were cut: readers that do not read, mostly.
    pub cut: Vec<CutStream>,
    /// How many connections were cut, those without a stream included.
    pub connections_cut: usize,
    /// From the begin of the drain, after `drain_delay`, to its end.
    pub duration: Duration,
}

/// A stream that a shutdown had to cut. See [`ServeReport`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CutStream {
    /// The id of its request, which its lines in the log carry too.
    pub request_id: String,
    /// Where its reader was.
    pub peer: Option<IpAddr>,
}

impl fmt::Display for ServeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// As many as a line can bear.
        const NAMED: usize = 10;
        let Self { streams, cut, connections_cut, duration } = self;
        let plural = if *streams == 1 { "stream" } else { "streams" };
        write!(f, "{streams} {plural}, {} cut, after {duration:.1?}", cut.len())?;
        if *connections_cut > cut.len() {
            write!(f, ", with {connections_cut} connections")?;
        }
        for (n, stream) in cut.iter().take(NAMED).enumerate() {
            write!(f, "{}{}", if n == 0 { ": " } else { ", " }, stream.request_id)?;
            if let Some(peer) = &stream.peer {
                write!(f, " from {peer}")?;
            }
        }
        if cut.len() > NAMED { write!(f, " and others") } else { Ok(()) }
    }
}

/// Why a server did not start. Nothing that happens later ends it.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// What it was configured with cannot be right. Mend each value that is named.
    Config(InvalidServeConfig),
    /// The listener does not know where it listens. Bind it again.
    Listener(io::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(faults) => write!(f, "the server is configured wrongly: {faults}"),
            Self::Listener(error) => write!(f, "the listener has no address: {error}"),
        }
    }
}

/// For a `main` that returns `io::Result`, as it does with `axum::serve`.
impl From<ServeError> for io::Error {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Config(_) => Self::new(io::ErrorKind::InvalidInput, error),
            ServeError::Listener(error) => error,
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config(faults) => Some(faults),
            Self::Listener(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_line() {
        let stream = |n| CutStream { request_id: format!("req_{n}"), peer: None };
        let mut report = ServeReport {
            streams: 30,
            cut: Vec::new(),
            connections_cut: 0,
            duration: Duration::from_millis(1_500),
        };
        assert_eq!(report.to_string(), "30 streams, 0 cut, after 1.5s");
        report.cut =
            vec![CutStream { peer: Some(IpAddr::from([192, 0, 2, 1])), ..stream(1) }, stream(2)];
        assert!(report.to_string().ends_with("2 cut, after 1.5s: req_1 from 192.0.2.1, req_2"));
        report.connections_cut = 7;
        report.streams = 1;
        report.cut.truncate(1);
        let told = "1 stream, 1 cut, after 1.5s, with 7 connections: req_1 from 192.0.2.1";
        assert_eq!(report.to_string(), told);
        report.cut = (0..11).map(stream).collect();
        assert!(report.to_string().ends_with("req_9 and others"), "{report}");
    }
}
