//! One reader: what it went through, step by step.

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
};

use sse_runtime::{Missed, Position};

use super::{
    fates::{Fate, Fates},
    finding::{Finding, Order, Part},
    history::{Client, Step, Value},
};

/// What one reader makes of its steps.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) client: Client,
    /// Everything it got, resets or not.
    pub(super) delivered: Vec<(Position, Value)>,
    /// Since it was last told that all it holds may be stale: what it holds now.
    pub(super) era: Era,
    pub(super) findings: Vec<Finding>,
    /// Where it stands.
    at: Option<Position>,
    /// What it was told, until it says where that has led it.
    told: Option<Missed>,
}

/// What a reader holds since it began, or since a reset: what was before counts for nothing.
#[derive(Debug, Default)]
pub(super) struct Era {
    /// Where it began. What comes after it is due.
    from: Option<Position>,
    /// The numbers that it was told are gone.
    gone: Vec<RangeInclusive<u64>>,
    pub(super) read: Vec<(Position, Value)>,
    values: HashSet<Value>,
    /// When the latest event of each publisher was tried.
    invoked: HashMap<u32, usize>,
}

impl Account {
    pub(super) fn of(client: Client, steps: &[Step], fates: &Fates) -> Self {
        let (era, at, told) = (Era::default(), None, None);
        let mut account =
            Self { client, delivered: Vec::new(), era, findings: Vec::new(), at, told };
        for step in steps {
            match *step {
                Step::Told(missed) => account.told = Some(missed),
                Step::Stands(position) => account.stands(position),
                Step::Delivered(position, value) => account.deliver(position, value, fates),
            }
        }
        account
    }

    fn stands(&mut self, position: Position) {
        if self.moves(position, position.seq()) {
            self.at = Some(position);
        }
    }

    fn deliver(&mut self, position: Position, value: Value, fates: &Fates) {
        let client = self.client;
        match fates.fate(value) {
            None => self.findings.push(Finding::Unexpected { client, position, value }),
            Some(Fate::Failed) => self.findings.push(Finding::Aborted { client, position, value }),
            Some(Fate::Ok | Fate::Unknown) => {}
        }
        let is_later = self.moves(position, position.seq().saturating_sub(1));
        let is_new = self.era.values.insert(value);
        if !is_new {
            self.findings.push(Finding::Duplicate { client, position, value });
        } else if !is_later {
            let by = Order::Sequence;
            self.findings.push(Finding::Reordered { client, by, position, value });
        }
        if is_new && !self.era.is_in_order(value, fates) {
            let by = Order::Publisher;
            self.findings.push(Finding::Reordered { client, by, position, value });
        }
        if is_later {
            self.at = Some(position);
        }
        self.era.read.push((position, value));
        self.delivered.push((position, value));
    }

    /// It goes on at `to`, and everything after where it stood is gone, `last` included. Says
    /// whether it goes forward.
    fn moves(&mut self, to: Position, last: u64) -> bool {
        let client = self.client;
        let Some(at) = self.at else {
            // Where it stood is not known before it is said. An event says it of nobody: all
            // before it is due.
            self.era.from = (last == to.seq()).then_some(to);
            self.told = None;
            return true;
        };
        let told = self.told.take();
        let is_reset = matches!(told, Some(Missed::Reset(_)));
        if is_reset || !at.is_same_log(&to) {
            if !is_reset {
                self.findings.push(Finding::UntoldReset { client, from: at, to });
            }
            self.era = Era { from: Some(to), ..Era::default() };
            return true;
        }
        let gone = last.saturating_sub(at.seq());
        match told {
            Some(Missed::Gap { missed: told }) => {
                if told != gone {
                    self.findings.push(Finding::Miscounted { client, told, gone });
                }
                self.era.gone.push(at.seq() + 1..=last);
            }
            Some(Missed::Reset(_)) | None if gone == 0 => {}
            Some(Missed::Reset(_)) | None => {
                self.findings.push(Finding::UntoldGap { client, after: at, gone });
            }
        }
        to.seq() > at.seq()
    }
}

impl Era {
    /// Whether the event at this position is to be had by whoever reads to the end.
    pub(super) fn is_due(&self, position: Position) -> bool {
        match self.from {
            // Whoever stands in a log that is over, or nowhere, lacks everything.
            Some(from) if from.is_same_log(&position) => {
                position.seq() > from.seq()
                    && !self.gone.iter().any(|gone| gone.contains(&position.seq()))
            }
            Some(_) | None => true,
        }
    }

    pub(super) fn has(&self, value: Value) -> bool {
        self.values.contains(&value)
    }

    /// Where among what was read something is missing.
    pub(super) fn part(&self, missing: Position) -> Part {
        let is_here = |position: &Position| position.is_same_log(&missing);
        let read = self.read.iter().map(|(position, _)| position).filter(|at| is_here(at));
        let (mut before, mut after) = (false, false);
        for position in read {
            before |= position.seq() < missing.seq();
            after |= position.seq() > missing.seq();
        }
        match (before, after) {
            (_, false) => Part::Suffix,
            (false, true) => Part::Prefix,
            (true, true) => Part::Middle,
        }
    }

    /// Whether no event came before that its publisher tried only when it knew this one to be
    /// published. What is unknown may come at any time.
    fn is_in_order(&mut self, value: Value, fates: &Fates) -> bool {
        let Some(invoked) = fates.invoked(value) else { return true };
        let latest = self.invoked.entry(value.0).or_insert(invoked);
        let is_in_order = fates.acked(value).is_none_or(|acked| acked > *latest);
        *latest = invoked.max(*latest);
        is_in_order
    }
}
