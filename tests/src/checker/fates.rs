//! What became of the events that were tried.

use std::collections::BTreeMap;

use sse_runtime::Position;

use super::history::{Counts, Op, Value};

/// What is known of every event that somebody tried to publish.
#[derive(Debug, Default)]
pub(super) struct Fates {
    values: BTreeMap<Value, Tries>,
}

/// The tries of one event, and what they were answered.
#[derive(Debug)]
struct Tries {
    /// When it was tried first.
    invoked: usize,
    /// How many tries have no answer.
    open: usize,
    /// When its publisher first knew that it is published.
    acked: Option<usize>,
    /// Where it was said to stand: in one place, unless something is wrong or its log is over.
    places: Vec<Position>,
    is_unknown: bool,
}

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Ok,
    Failed,
    Unknown,
}

impl Fates {
    pub(super) fn of(ops: &[Op]) -> Self {
        let mut fates = Self::default();
        for (at, op) in ops.iter().enumerate() {
            let (Op::Invoke(value) | Op::Ok(value, _) | Op::Fail(value) | Op::Unknown(value)) = *op;
            let tries = fates.values.entry(value).or_insert_with(|| Tries::since(at));
            match op {
                Op::Invoke(_) => tries.open += 1,
                Op::Ok(_, position) => tries.ok(*position, at),
                Op::Fail(_) => {}
                Op::Unknown(_) => tries.is_unknown = true,
            }
            if !matches!(op, Op::Invoke(_)) {
                tries.open = tries.open.saturating_sub(1);
            }
        }
        fates
    }

    /// None of what was never tried.
    pub(super) fn fate(&self, value: Value) -> Option<Fate> {
        self.values.get(&value).map(Tries::fate)
    }

    pub(super) fn is_unknown(&self, value: Value) -> bool {
        self.fate(value) == Some(Fate::Unknown)
    }

    /// When an event was tried first.
    pub(super) fn invoked(&self, value: Value) -> Option<usize> {
        self.values.get(&value).map(|tries| tries.invoked)
    }

    /// When its publisher first knew that it is published.
    pub(super) fn acked(&self, value: Value) -> Option<usize> {
        self.values.get(&value)?.acked
    }

    /// What is published, and where it stands.
    pub(super) fn published(&self) -> impl Iterator<Item = (Position, Value)> {
        self.values
            .iter()
            .flat_map(|(value, tries)| tries.places.iter().map(|position| (*position, *value)))
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for tries in self.values.values() {
            match tries.fate() {
                Fate::Ok => counts.ok += 1,
                Fate::Failed => counts.failed += 1,
                Fate::Unknown => counts.unknown += 1,
            }
        }
        counts
    }
}

impl Tries {
    const fn since(invoked: usize) -> Self {
        Self { invoked, open: 0, acked: None, places: Vec::new(), is_unknown: false }
    }

    fn ok(&mut self, position: Position, at: usize) {
        self.acked.get_or_insert(at);
        if !self.places.contains(&position) {
            self.places.push(position);
        }
    }

    /// One that succeeded is enough, and one that may have succeeded leaves it open.
    const fn fate(&self) -> Fate {
        match self.acked {
            Some(_) => Fate::Ok,
            None if self.is_unknown || self.open > 0 => Fate::Unknown,
            None => Fate::Failed,
        }
    }
}
