//! What happened, as those saw it who were there.

use std::collections::BTreeSet;

use sse_runtime::{Missed, Position};

use super::{account::Account, fates::Fates, finding::Finding, verdict::Verdict};

/// One event: the `number`th of a publisher.
pub type Value = (u32, u32);

/// A reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "tests make them")]
pub struct Client {
    /// The node on which it read to the end.
    pub node: u32,
    /// The `number`th of the history.
    pub number: usize,
}

/// What a publisher did, or was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there is no fifth")]
pub enum Op {
    /// It tries to publish. One that is never answered is unknown. It may try the same again.
    Invoke(Value),
    /// It was answered that the event is published, and stands here.
    Ok(Value, Position),
    /// The event is definitely not published.
    Fail(Value),
    /// Nobody can say: it may be there, or come later, once.
    Unknown(Value),
}

/// What a reader went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// It stands at this position, without having been sent anything for it.
    Stands(Position),
    /// An event was handed to the application: what a client drops by itself is no delivery.
    Delivered(Position, Value),
    /// The application was told that something is missing.
    Told(Missed),
}

/// Everything that happened.
#[derive(Debug, Default, Clone)]
pub struct History {
    ops: Vec<Op>,
    readers: Vec<(Client, Vec<Step>)>,
}

/// How much happened: what a test asks to know that it tests something.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "tests read the fields")]
pub struct Counts {
    /// Events that are published.
    pub ok: usize,
    /// Events that are definitely not.
    pub failed: usize,
    /// Events of which nobody can say.
    pub unknown: usize,
    /// Those of them that somebody got.
    pub unknown_read: usize,
    /// Deliveries, to all readers together.
    pub delivered: usize,
    /// How often a reader was told that something is missing.
    pub told: usize,
}

impl History {
    /// What a publisher did and was answered, in its order. Publishers may be noted one after
    /// the other: time passes within each of them alone.
    pub fn publisher(&mut self, ops: impl IntoIterator<Item = Op>) {
        self.ops.extend(ops);
    }

    /// What a reader went through, in its order. It is to have everything from where it first
    /// stands to the end, and where it never says that it stands, from the begin.
    pub fn reader(&mut self, node: u32, steps: impl IntoIterator<Item = Step>) {
        let client = Client { node, number: self.readers.len() };
        self.readers.push((client, steps.into_iter().collect()));
    }

    /// How much happened.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let fates = Fates::of(&self.ops);
        let mut counts = fates.counts();
        let mut read = BTreeSet::new();
        for step in self.readers.iter().flat_map(|(_, steps)| steps) {
            match step {
                Step::Stands(_) => {}
                Step::Told(_) => counts.told += 1,
                Step::Delivered(_, value) => {
                    counts.delivered += 1;
                    if fates.is_unknown(*value) && read.insert(*value) {
                        counts.unknown_read += 1;
                    }
                }
            }
        }
        counts
    }

    /// Judges all of it. Every reader is to have got everything up to `head`, in its log.
    #[must_use]
    pub fn check(&self, head: Position) -> Vec<Finding> {
        let fates = Fates::of(&self.ops);
        let readers = self.readers.iter();
        let accounts = readers.map(|(client, steps)| Account::of(*client, steps, &fates)).collect();
        Verdict::of(accounts, &fates, head).findings
    }
}
