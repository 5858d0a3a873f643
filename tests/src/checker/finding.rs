//! What can be wrong with a history.

use std::mem::discriminant;

use sse_runtime::Position;

use super::history::{Client, Value};

/// One thing that is wrong. A history without any is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// Published for certain, due to a reader, and never delivered to it.
    Lost {
        /// The reader.
        client: Client,
        /// Where in what it read.
        part: Part,
        /// Where the event stands.
        position: Position,
        /// The event.
        value: Value,
    },
    /// Delivered, and never tried.
    Unexpected {
        /// The reader.
        client: Client,
        /// Where it was said to stand.
        position: Position,
        /// The event.
        value: Value,
    },
    /// Delivered, and definitely not published.
    Aborted {
        /// The reader.
        client: Client,
        /// Where it was said to stand.
        position: Position,
        /// The event.
        value: Value,
    },
    /// Delivered to one reader for a second time.
    Duplicate {
        /// The reader.
        client: Client,
        /// Where it was said to stand the second time.
        position: Position,
        /// The event.
        value: Value,
    },
    /// One event at two positions of a log: it was stored twice, whoever read it.
    Twice {
        /// The event.
        value: Value,
        /// Where it stands.
        one: Position,
        /// Where it stands as well.
        other: Position,
    },
    /// Two events at one position, whoever read them.
    Inconsistent {
        /// The position.
        position: Position,
        /// What stands there.
        one: Value,
        /// What stands there as well.
        other: Value,
    },
    /// Delivered after something that comes later.
    Reordered {
        /// The reader.
        client: Client,
        /// Which order was broken.
        by: Order,
        /// Where the event stands.
        position: Position,
        /// The event.
        value: Value,
    },
    /// Delivered to one reader, and never to another who was to get the same.
    Diverged {
        /// The reader that lacks it.
        client: Client,
        /// One that has it.
        other: Client,
        /// Where it stands.
        position: Position,
        /// The event.
        value: Value,
    },
    /// Numbers were skipped, and the reader was not told.
    UntoldGap {
        /// The reader.
        client: Client,
        /// Where it stood.
        after: Position,
        /// How many numbers.
        gone: u64,
    },
    /// A reader was moved to another log, and not told.
    UntoldReset {
        /// The reader.
        client: Client,
        /// Where it stood.
        from: Position,
        /// Where it stands.
        to: Position,
    },
    /// A gap was told with one number, and has another.
    Miscounted {
        /// The reader.
        client: Client,
        /// The number that was told.
        told: u64,
        /// How many are gone.
        gone: u64,
    },
}

impl Finding {
    /// The first of each kind: enough to see what is wrong, where one mistake has found
    /// thousands.
    #[must_use]
    pub fn one_of_each(findings: &[Self]) -> Vec<Self> {
        let mut first: Vec<Self> = Vec::new();
        for finding in findings {
            if !first.iter().any(|other| discriminant(other) == discriminant(finding)) {
                first.push(*finding);
            }
        }
        first
    }
}

/// Where in what a reader read something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there is no fourth")]
pub enum Part {
    /// Before the first event that it got.
    Prefix,
    /// Between two. It is the worst of them: the reader went on as if nothing was.
    Middle,
    /// After the last, or all of it.
    Suffix,
}

/// An order that readers rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there is no third")]
pub enum Order {
    /// The numbers of the log.
    Sequence,
    /// What a publisher had published before it tried the next.
    Publisher,
}
