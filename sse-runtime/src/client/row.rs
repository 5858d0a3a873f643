//! The rows of the retry table: what can happen to a stream.

use std::fmt;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::names::Reason;

/// What a client does about a row of the [`RetryTable`](super::RetryTable).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// Connect again after a wait. It counts against the budget of the outage.
    Again,
    /// Connect again after a wait, which is no fault of anybody and counts against no budget.
    /// The waits still grow where no connection becomes healthy.
    AgainUncharged,
    /// Ask the header hook for new headers and connect once more; the second time it is
    /// [`Fatal`](Self::Fatal), as it is where there is no hook.
    AskHeaders,
    /// The stream is complete.
    Done,
    /// The stream has failed.
    Fatal,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Again => "again",
            Self::AgainUncharged => "again, not charged",
            Self::AskHeaders => "the header hook once, then fatal",
            Self::Done => "done",
            Self::Fatal => "fatal",
        })
    }
}

/// On which layer something happened: pitfall P9 is one bucket for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Between the two ends: names, connections, TLS, clocks.
    Transport,
    /// The status of the answer.
    Status,
    /// The content type of the answer.
    Content,
    /// What the stream itself said, or lacked.
    InBand,
    /// In this process.
    Local,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transport => "transport",
            Self::Status => "status",
            Self::Content => "content",
            Self::InBand => "in-band",
            Self::Local => "local",
        })
    }
}

/// Declares the rows: each with its word, its class, its default, and what happened.
macro_rules! rows {
    ($($variant:ident = $word:literal, $class:ident, $rule:ident, $what:literal;)*) => {
        /// A row of the [`RetryTable`](super::RetryTable): something that can happen to a
        /// stream.
        ///
        /// ```
        /// use sse_runtime::client::{Class, Row, Rule};
        ///
        /// assert_eq!(Row::ServerError.class(), Class::Status);
        /// assert_eq!(Row::ServerError.default_rule(), Rule::Fatal);
        /// assert_eq!(Row::from_word("server_error"), Some(Row::ServerError));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Row { $(#[doc = $what] $variant,)* }

        impl Row {
            /// All rows, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in a configuration and in labels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// On which layer it happens.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class),* }
            }

            /// What is done about it unless somebody says otherwise.
            #[must_use]
            pub const fn default_rule(self) -> Rule {
                match self { $(Self::$variant => Rule::$rule),* }
            }

            /// What happened, in words.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what),* }
            }
        }
    };
}

rows! {
    Dns = "dns", Transport, Again, "the name is not found";
    Refused = "refused", Transport, Again, "the connection is refused";
    Reset = "reset", Transport, Again, "the connection is reset, or fails in another way";
    Unreachable = "unreachable", Transport, Again, "the host or its network is unreachable";
    Tls = "tls", Transport, Again, "TLS fails for another reason than a certificate";
    ConnectClock = "connect_clock", Transport, Again, "connecting takes too long";
    HeadClock = "head_clock", Transport, Again, "the head of the response does not come";
    Watchdog = "watchdog", Transport, Again, "a watchdog fires: no bytes, or no event";
    Cut = "cut", Transport, Again, "the body ends or is cut";
    Certificate = "certificate", Transport, Fatal, "a certificate is not accepted";
    Url = "url", Transport, Fatal, "the URL is none that can be asked";
    Redirects = "redirects", Transport, Fatal, "more redirects than allowed";
    Transient = "transient", Status, Again, "408, 425, 429, 502, 503, 504";
    ServerError = "server_error", Status, Fatal, "500, 501, other 5xx";
    Unauthorized = "unauthorized", Status, AskHeaders, "401";
    ClientError = "client_error", Status, Fatal, "other 4xx";
    Redirect = "redirect", Status, Fatal, "a redirect that leads nowhere, and any other status";
    Success = "success", Status, Fatal, "other 2xx";
    NoContent = "no_content", Status, Done, "204";
    ContentType = "content_type", Content, Fatal, "another content type";
    Encoding = "encoding", Content, Fatal, "a content encoding that cannot be undone, or expands beyond its bound";
    Source = "source", Content, Fatal, "the stream is of another source, or of none";
    NotOpened = "not_opened", Content, Fatal, "the first event is not `sse.open`";
    ByeDrain = "bye_drain", InBand, AgainUncharged, "`sse.bye` with `drain`";
    ByeRotated = "bye_rotated", InBand, AgainUncharged, "`sse.bye` with `rotated`";
    ByeSlow = "bye_slow", InBand, AgainUncharged, "`sse.bye` with `slow`";
    ByeLimit = "bye_limit", InBand, AgainUncharged, "`sse.bye` with `limit`";
    ByeStore = "bye_store", InBand, AgainUncharged, "`sse.bye` with `store`";
    ByeExpired = "bye_expired", InBand, AskHeaders, "`sse.bye` with `expired`";
    ByeRevoked = "bye_revoked", InBand, Fatal, "`sse.bye` with `revoked`";
    ByeComplete = "bye_complete", InBand, Done, "`sse.bye` with `complete`";
    ByeError = "bye_error", InBand, Again, "`sse.bye` with `error`";
    ByeOther = "bye_other", InBand, Again, "`sse.bye` with another reason";
    Truncated = "truncated", InBand, Fatal, "a finite stream ends without its terminal event";
    Local = "local", Local, Again, "no open files are left, or the header hook fails";
}

impl Row {
    /// The row with this name, if there is one.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|row| row.as_str() == word)
    }

    /// The row of a status that is no 200.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            204 => Self::NoContent,
            200..=299 => Self::Success,
            401 => Self::Unauthorized,
            408 | 425 | 429 | 502 | 503 | 504 => Self::Transient,
            400..=499 => Self::ClientError,
            500..=599 => Self::ServerError,
            _ => Self::Redirect,
        }
    }

    /// The row of the reason of an `sse.bye`; none for a word that nobody knows.
    #[must_use]
    pub fn of_bye(reason: Option<Reason>) -> Self {
        match reason {
            Some(Reason::Drain) => Self::ByeDrain,
            Some(Reason::Rotated) => Self::ByeRotated,
            Some(Reason::Slow) => Self::ByeSlow,
            Some(Reason::Limit) => Self::ByeLimit,
            Some(Reason::Store) => Self::ByeStore,
            Some(Reason::Expired) => Self::ByeExpired,
            Some(Reason::Revoked) => Self::ByeRevoked,
            Some(Reason::Complete) => Self::ByeComplete,
            Some(Reason::Error) => Self::ByeError,
            Some(Reason::Truncated) => Self::Truncated,
            Some(Reason::Stalled | Reason::Client) | None => Self::ByeOther,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_a_word_of_its_own() {
        for row in Row::ALL {
            assert_eq!(Row::from_word(row.as_str()), Some(*row));
        }
        assert_eq!(Row::from_word("Dns"), None);
    }

    #[test]
    fn every_status_has_a_row_and_only_the_six_are_transient() {
        for code in 100..=999 {
            let row = Row::of_status(StatusCode::from_u16(code).unwrap());
            let transient = [408, 425, 429, 502, 503, 504].contains(&code);
            assert_eq!(row == Row::Transient, transient, "{code}");
            assert_eq!(row == Row::NoContent, code == 204, "{code}");
            assert_eq!(row == Row::Unauthorized, code == 401, "{code}");
            assert_eq!(row == Row::ServerError, (500..600).contains(&code) && !transient, "{code}");
        }
    }

    #[test]
    fn every_reason_has_a_row() {
        for reason in Reason::ALL {
            let row = Row::of_bye(Some(*reason));
            assert_eq!(row.class(), Class::InBand, "{reason}");
            let own = row.as_str().trim_start_matches("bye_") == reason.as_str();
            assert!(own || row == Row::ByeOther, "{reason} is {row}");
        }
    }
}
