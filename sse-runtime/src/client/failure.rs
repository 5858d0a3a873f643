//! What happened to a connection or an attempt.

use std::fmt;

use http::StatusCode;

use super::{Clock, EncodingError, RedirectError, Row, WrongSource};
use crate::names::Reason;

/// What happened to a connection or an attempt, by who is at fault. [`row`](Self::row) is its
/// row in the retry table, and its text says what to do about it.
///
/// ```
/// use sse_runtime::client::{Clock, Failure, Fault, Row, TransportError};
///
/// let failure = Failure::from(TransportError::Clock(Clock::Head));
/// assert_eq!((failure.row(), failure.fault()), (Row::HeadClock, Fault::Transport));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// What was asked for cannot be asked for: the configuration is at fault.
    Request(RequestError),
    /// Something between the two ends.
    Transport(TransportError),
    /// The server refused, or ended the stream.
    Server(ServerError),
    /// What came is not what was agreed on.
    Protocol(ProtocolError),
    /// Something in this process.
    Local(LocalError),
}

/// Who is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// What the program asked for. Mend it; waiting does not help.
    Configuration,
    /// The network, or whatever stands in it.
    Transport,
    /// The server, which answered and refused.
    Server,
    /// The other end, or something between, speaks something else than an event stream.
    Protocol,
    /// This process: its files, its hook.
    Us,
}

/// What cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// The URL, with what is wrong about it. The URL itself is left out: it may hold a secret.
    Url(String),
    /// A header of this name, or its value.
    Header(String),
    /// The body, with what is wrong about it.
    Body(String),
    /// The event type names no source, so that no stream can be told to be of it.
    NoSource,
    /// The stream is read outside of a runtime of tokio.
    Runtime,
}

/// What went wrong between the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportError {
    /// The name of the host is not found.
    Dns,
    /// Nobody listens there.
    Refused,
    /// The connection was reset, or failed in another way.
    Reset,
    /// The host or its network is unreachable.
    Unreachable,
    /// TLS failed, but not for a certificate.
    Tls,
    /// A certificate was not accepted.
    Certificate,
    /// The body ended, or was cut, without a word.
    Cut,
    /// A clock fired: this one.
    Clock(Clock),
}

/// What the server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerError {
    /// A status other than 200.
    Status(StatusCode),
    /// `sse.bye` with this reason; none for a word that this version does not know.
    Bye(Option<Reason>),
}

/// What is not as agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A 200 whose content type is this, or missing, instead of `text/event-stream`.
    ContentType(Option<String>),
    /// The stream is not of the source that it was asked for as (pitfall P8).
    Source(WrongSource),
    /// The first event is not `sse.open`.
    NotOpened,
    /// The body is packed in a way that cannot be undone.
    Encoding(EncodingError),
    /// A redirect that is not followed.
    Redirect(RedirectError),
    /// A finite stream ended without its terminal event: what came is not all. `by` is what cut
    /// it; none if the server said so itself.
    Truncated {
        /// What cut it.
        by: Option<TransportError>,
    },
}

/// What went wrong in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LocalError {
    /// No file descriptor was left for a connection.
    OpenFiles,
    /// The header hook failed.
    Headers,
}

impl Failure {
    /// Its row in the [`RetryTable`](super::RetryTable).
    #[must_use]
    pub fn row(&self) -> Row {
        match self {
            Self::Request(_) => Row::Url,
            Self::Transport(error) => error.row(),
            Self::Server(ServerError::Status(status)) => Row::of_status(*status),
            Self::Server(ServerError::Bye(reason)) => Row::of_bye(*reason),
            Self::Protocol(ProtocolError::ContentType(_)) => Row::ContentType,
            Self::Protocol(ProtocolError::Source(_)) => Row::Source,
            Self::Protocol(ProtocolError::NotOpened) => Row::NotOpened,
            Self::Protocol(ProtocolError::Encoding(_)) => Row::Encoding,
            Self::Protocol(ProtocolError::Redirect(RedirectError::TooMany { .. })) => {
                Row::Redirects
            }
            Self::Protocol(ProtocolError::Redirect(_)) => Row::Redirect,
            Self::Protocol(ProtocolError::Truncated { .. }) => Row::Truncated,
            Self::Local(_) => Row::Local,
        }
    }

    /// Who is at fault.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Request(_) => Fault::Configuration,
            Self::Transport(_) => Fault::Transport,
            Self::Server(_) => Fault::Server,
            Self::Protocol(_) => Fault::Protocol,
            Self::Local(_) => Fault::Us,
        }
    }

    /// Whether it happens before anything is sent, so that sending is no sending again.
    pub(super) const fn is_before_sending(&self) -> bool {
        matches!(
            self,
            Self::Transport(
                TransportError::Dns
                    | TransportError::Refused
                    | TransportError::Clock(Clock::Connect)
            ) | Self::Local(LocalError::OpenFiles | LocalError::Headers)
        )
    }

    /// The word for it that the log, the metrics and the other end have in common.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Server(ServerError::Bye(Some(reason))) => *reason,
            Self::Protocol(ProtocolError::Truncated { .. }) => Reason::Truncated,
            Self::Transport(TransportError::Clock(Clock::Bytes | Clock::Event)) => Reason::Stalled,
            _ => Reason::Error,
        }
    }
}

impl TransportError {
    const fn row(self) -> Row {
        match self {
            Self::Dns => Row::Dns,
            Self::Refused => Row::Refused,
            Self::Reset => Row::Reset,
            Self::Unreachable => Row::Unreachable,
            Self::Tls => Row::Tls,
            Self::Certificate => Row::Certificate,
            Self::Cut => Row::Cut,
            Self::Clock(Clock::Connect) => Row::ConnectClock,
            Self::Clock(Clock::Head) => Row::HeadClock,
            Self::Clock(Clock::Bytes | Clock::Event | Clock::FirstEvent) => Row::Watchdog,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Transport(error) => error.fmt(f),
            Self::Server(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
            Self::Local(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(what) => write!(
                f,
                "the URL cannot be asked ({what}): write one with `http` or `https` and a host"
            ),
            Self::Header(name) => write!(f, "`{name}` is no header, or its value cannot be sent"),
            Self::Body(what) => write!(f, "the body cannot be written ({what})"),
            Self::NoSource => f.write_str(
                "the event type names no source: write `#[sse(source = \"...\")]`, or read the \
                 stream with `subscribe_foreign`",
            ),
            Self::Runtime => {
                f.write_str("there is no runtime here: read the stream within one of tokio")
            }
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "the name of the host is not found: check it, and the resolver",
            Self::Refused => "the connection is refused: check the port, and that the server runs",
            Self::Reset => {
                "the connection was reset: look at what stands between, or at the server"
            }
            Self::Unreachable => "the host is unreachable: check the network and its rules",
            Self::Tls => "TLS failed: check that the port speaks it, and which versions",
            Self::Certificate => {
                "the certificate is not accepted: check its names and dates, the clock of this \
                 machine, and that its root is trusted"
            }
            Self::Cut => "the body ended without a word: look for a timeout between the two ends",
            Self::Clock(clock) => return write!(f, "{clock}"),
        })
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => {
                let advice = match Row::of_status(*status) {
                    Row::Unauthorized => "give a header hook that returns accepted credentials",
                    Row::Transient => "the server asks for patience",
                    Row::ServerError => "look into the log of the server",
                    Row::ClientError => "check the path, the method and the rights",
                    _ => "check that the path is that of a stream",
                };
                write!(f, "the server answered {status} instead of a stream: {advice}")
            }
            Self::Bye(Some(Reason::Expired)) => f.write_str(
                "the server ended the stream as `expired`: give a header hook that returns fresh \
                 credentials",
            ),
            Self::Bye(Some(reason)) => {
                write!(f, "the server ended the stream as `{reason}`: its log says more")
            }
            Self::Bye(None) => f.write_str(
                "the server ended the stream for a reason that is not known here: it may be newer",
            ),
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType(found) => {
                let found = found.as_deref().unwrap_or("none");
                write!(
                    f,
                    "the content type is {found:?} and not \"text/event-stream\": check the path, \
                     and what answers in front of the server"
                )
            }
            Self::Source(error) => error.fmt(f),
            Self::NotOpened => f.write_str(
                "the stream did not begin with `sse.open`: its handler says `control_events = \
                 false`, or it is not one of this crate; read it with `subscribe_foreign`",
            ),
            Self::Encoding(error) => error.fmt(f),
            Self::Redirect(error) => error.fmt(f),
            Self::Truncated { by: None } => {
                f.write_str("the stream is not complete, as the server says: ask again")
            }
            Self::Truncated { by: Some(by) } => write!(
                f,
                "the stream ended without its terminal event, and is not complete: ask again ({by})"
            ),
        }
    }
}

impl fmt::Display for LocalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenFiles => "no open files are left: raise their limit, or open fewer streams",
            Self::Headers => "the header hook failed: see what it returned",
        })
    }
}

macro_rules! errors {
    ($($part:ident($error:ident),)*) => {
        $(impl std::error::Error for $error {}

        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::$part(error)
            }
        })*
    };
}

errors! {
    Request(RequestError),
    Transport(TransportError),
    Server(ServerError),
    Protocol(ProtocolError),
    Local(LocalError),
}

impl From<EncodingError> for ProtocolError {
    fn from(error: EncodingError) -> Self {
        Self::Encoding(error)
    }
}

impl std::error::Error for Failure {}
