//! Judges what became of events: everything that was published, against everything that was
//! delivered and told.
//!
//! The words are those of the checkers of distributed logs: *lost*, *unexpected*, *duplicate*,
//! *inconsistent*, *reordered*, and a gap that nobody told. What is lost in the middle is an
//! untold gap, and what is lost at the end is `lost`; as every reader is held against the same
//! numbers, two of them cannot differ unseen. Publishing in memory succeeds or fails, so that no
//! event is unknown.

use std::collections::HashMap;

use sse_runtime::{EventId, Missed, Position};

/// One event: the `number`th of a publisher.
pub type Value = (u32, u32);

/// What one reader went through, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// It stands at this position, without having been sent anything for it.
    Stands(Position),
    /// An event was handed to the application.
    Delivered(EventId, Value),
    /// The application was told that something is missing.
    Told(Missed),
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct History {
    published: HashMap<Value, Position>,
    attempted: usize,
    readers: Vec<Vec<Step>>,
}

/// What was wrong. Empty is right.
#[derive(Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "tests read the fields")]
pub struct Faults {
    /// Published, due to a reader, and never delivered to it or told as missing.
    pub lost: Vec<(usize, u64)>,
    /// Delivered, and never published.
    pub unexpected: Vec<(usize, Value)>,
    /// Delivered twice to one reader.
    pub duplicate: Vec<(usize, Value)>,
    /// One position with two contents.
    pub inconsistent: Vec<(Position, Value, Value)>,
    /// Delivered after something that comes later.
    pub reordered: Vec<(usize, Value)>,
    /// A number was skipped and nobody told.
    pub untold_gaps: Vec<(usize, u64, u64)>,
    /// A gap was told with one number, and has another.
    pub miscounted: Vec<(usize, u64, u64)>,
}

impl History {
    /// An event was published, and stands here.
    pub fn publish(&mut self, value: Value, position: Position) {
        self.attempted += 1;
        self.published.insert(value, position);
    }

    /// A reader is done.
    pub fn reader(&mut self, steps: Vec<Step>) {
        self.readers.push(steps);
    }

    /// How many events were published.
    #[must_use]
    pub fn published(&self) -> usize {
        self.attempted
    }

    /// How many events were delivered, to all readers together.
    #[must_use]
    pub fn delivered(&self) -> usize {
        let delivered = |steps: &Vec<Step>| {
            steps.iter().filter(|step| matches!(step, Step::Delivered(..))).count()
        };
        self.readers.iter().map(delivered).sum()
    }

    /// How often a reader was told that something is missing.
    #[must_use]
    pub fn told(&self) -> usize {
        let told =
            |steps: &Vec<Step>| steps.iter().filter(|step| matches!(step, Step::Told(_))).count();
        self.readers.iter().map(told).sum()
    }

    /// Judges all of it. Every reader is expected to have heard everything up to `head`.
    #[must_use]
    pub fn check(&self, head: Position) -> Faults {
        let mut faults = Faults::default();
        let mut contents: HashMap<Position, Value> = HashMap::new();
        for (value, position) in &self.published {
            if let Some(other) = contents.insert(*position, *value) {
                faults.inconsistent.push((*position, other, *value));
            }
        }
        for (reader, steps) in self.readers.iter().enumerate() {
            self.check_reader(reader, steps, &mut contents, head, &mut faults);
        }
        faults
    }

    fn check_reader(
        &self,
        reader: usize,
        steps: &[Step],
        contents: &mut HashMap<Position, Value>,
        head: Position,
        faults: &mut Faults,
    ) {
        let mut seen: HashMap<Value, u64> = HashMap::new();
        let mut of_publisher: HashMap<u32, u32> = HashMap::new();
        // The number that comes next; none while it is not known, at the begin and after a gap.
        let mut next: Option<u64> = None;
        let (mut told, mut missed) = (true, None);
        for step in steps {
            let (id, value) = match step {
                Step::Told(what) => {
                    told = true;
                    if let Missed::Gap { missed: told } = what {
                        missed = Some(*told);
                    }
                    continue;
                }
                Step::Stands(position) => {
                    if let Some(next) = next {
                        let gone = (position.seq() + 1).saturating_sub(next);
                        if gone > 0 && !told {
                            faults.untold_gaps.push((reader, next, position.seq() + 1));
                        }
                        if let Some(told) = missed.filter(|told| *told != gone) {
                            faults.miscounted.push((reader, told, gone));
                        }
                    }
                    missed = None;
                    next = Some(next.unwrap_or(0).max(position.seq() + 1));
                    told = false;
                    continue;
                }
                Step::Delivered(id, value) => (id, *value),
            };
            let Ok(position) = Position::try_from(id) else {
                faults.unexpected.push((reader, value));
                continue;
            };
            if !self.published.contains_key(&value) {
                faults.unexpected.push((reader, value));
            }
            if let Some(other) = contents.insert(position, value).filter(|other| *other != value) {
                faults.inconsistent.push((position, other, value));
            }
            if seen.insert(value, position.seq()).is_some() {
                faults.duplicate.push((reader, value));
                continue;
            }
            let last = of_publisher.insert(value.0, value.1);
            if last.is_some_and(|last| last >= value.1) {
                faults.reordered.push((reader, value));
            }
            if let Some(next) = next {
                if position.seq() < next {
                    faults.reordered.push((reader, value));
                } else if position.seq() > next && !told {
                    faults.untold_gaps.push((reader, next, position.seq()));
                }
            }
            (next, told) = (Some(position.seq() + 1), false);
        }
        if let Some(next) = next.filter(|next| *next <= head.seq()) {
            faults.lost.extend((next..=head.seq()).map(|seq| (reader, seq)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(seq: u64) -> Position {
        let id = EventId::try_from(format!("evt_00000001{seq:011}00000")).expect("a position");
        Position::try_from(&id).expect("a position")
    }

    fn delivered(seq: u64, value: Value) -> Step {
        Step::Delivered(position(seq).id(), value)
    }

    fn check(steps: Vec<Step>) -> Faults {
        let mut history = History::default();
        for seq in 1..=4_u32 {
            history.publish((0, seq), position(u64::from(seq)));
        }
        history.reader(steps);
        history.check(position(4))
    }

    #[test]
    fn what_is_right_is_right() {
        let all = (1..=4).map(|seq| delivered(u64::from(seq), (0, seq)));
        let begin = [Step::Stands(position(0))];
        assert_eq!(check(begin.into_iter().chain(all).collect()), Faults::default());
        let told = vec![
            Step::Stands(position(0)),
            delivered(1, (0, 1)),
            Step::Told(Missed::Gap { missed: 2 }),
            Step::Stands(position(3)),
            delivered(4, (0, 4)),
        ];
        assert_eq!(check(told), Faults::default());
    }

    #[test]
    fn every_fault_is_found() {
        let at = |seq| Step::Stands(position(seq));
        let lost = check(vec![at(0), delivered(1, (0, 1))]);
        assert_eq!(lost.lost, [(0, 2), (0, 3), (0, 4)]);
        let untold = check(vec![at(0), delivered(1, (0, 1)), delivered(4, (0, 4))]);
        assert_eq!(untold.untold_gaps, [(0, 2, 4)]);
        let gap = Step::Told(Missed::Gap { missed: 1 });
        let told = vec![at(0), delivered(1, (0, 1)), gap, at(3), delivered(4, (0, 4))];
        assert_eq!(check(told).miscounted, [(0, 1, 2)]);
        let untold = check(vec![at(0), delivered(1, (0, 1)), at(3), delivered(4, (0, 4))]);
        assert_eq!(untold.untold_gaps, [(0, 2, 4)]);
        let twice = check(vec![at(3), delivered(4, (0, 4)), delivered(4, (0, 4))]);
        assert_eq!(twice.duplicate, [(0, (0, 4))]);
        let back = check(vec![at(2), delivered(4, (0, 4)), delivered(3, (0, 3))]);
        assert_eq!(back.reordered, [(0, (0, 3)), (0, (0, 3))]);
        let other = check(vec![at(3), delivered(4, (0, 3))]);
        assert_eq!(other.inconsistent, [(position(4), (0, 4), (0, 3))]);
        let forged = check(vec![at(3), delivered(4, (7, 7))]);
        assert_eq!(forged.unexpected, [(0, (7, 7))]);
    }
}
