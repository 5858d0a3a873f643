//! What went wrong once, or nearly.

use super::{
    driver::Driver,
    ops::{From, Kind, Op},
};
use crate::log::Bounds;

const BOUNDS: Bounds = Bounds { events: 10, bytes: u64::MAX, retention: 900_000, ids: 2 };
/// Nothing is kept for those who come back.
const NO_HISTORY: Bounds = Bounds { events: 0, ..BOUNDS };

fn publish(kind: Kind, length: usize, count: usize) -> Op {
    Op::Publish { kind, length, count, random: 7 }
}

fn join(from: From) -> Op {
    Op::Join { from, from_oldest: false, shows: true }
}

fn run(bounds: Bounds, ops: impl IntoIterator<Item = Op>) {
    let mut driver = Driver::new(bounds);
    ops.into_iter().for_each(|op| driver.run(op));
    driver.finish();
}

#[test]
fn a_batch_with_an_ephemeral_event_is_no_longer_than_any_other() {
    for looks in [false, true] {
        run(
            BOUNDS,
            [
                join(From::Nothing),
                publish(Kind::Ephemeral, 0, 1),
                publish(Kind::Numbered, 20_000, 1),
                publish(Kind::Numbered, 90_000, 1),
                publish(Kind::Ephemeral, 90_000, 1),
                Op::Show,
                Op::Read { reader: 0, batches: usize::MAX, looks },
            ],
        );
    }
}
