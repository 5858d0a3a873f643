//! What went wrong once, or nearly.

use super::{
    driver::Driver,
    ops::{From, Kind, Op},
};
use crate::log::Bounds;

const BOUNDS: Bounds = Bounds { events: 10, bytes: u64::MAX, retention: 900_000_000, ids: 2 };
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

#[test]
fn a_burst_is_shown_before_it_pushes_itself_out() {
    // Without a history, within one linger: more events than wait for who is late.
    let mut driver = Driver::new(NO_HISTORY);
    driver.everybody_reads_when_woken(1, false);
    driver.run(publish(Kind::Numbered, 0, 300));
    driver.run(publish(Kind::Ephemeral, 0, 300));
    // One that is longer than all that waits for who is late.
    driver.run(publish(Kind::Numbered, 10, 100));
    driver.run(publish(Kind::Numbered, 300_000, 1));
    driver.run(publish(Kind::Ephemeral, 10, 100));
    driver.run(publish(Kind::Ephemeral, 300_000, 1));
    driver.finish();
}

#[test]
fn who_is_a_moment_late_for_a_burst_finds_all_of_it() {
    let mut driver = Driver::new(NO_HISTORY);
    driver.everybody_is_late(1);
    // A burst is shown, and as much again comes before it is read.
    let burst = driver.publish_until_shown();
    driver.run(publish(Kind::Numbered, 0, burst));
    driver.run(Op::Read { reader: 0, batches: usize::MAX, looks: false });
    driver.finish();
}

#[test]
fn an_ephemeral_event_stays_before_what_fills_the_batch() {
    run(
        BOUNDS,
        [
            join(From::Nothing),
            publish(Kind::Numbered, 20_000, 1),
            publish(Kind::Ephemeral, 0, 1),
            publish(Kind::Numbered, 100, 1),
            // The batch is whole: what is in it so far must not be read without the others.
            publish(Kind::Numbered, 20_000, 1),
            Op::Read { reader: 0, batches: usize::MAX, looks: false },
        ],
    );
}

#[test]
fn the_last_number_there_is_lies_ahead() {
    run(BOUNDS, [join(From::Ahead(u64::MAX))]);
    run(BOUNDS, [publish(Kind::Numbered, 0, 20), join(From::Ahead(u64::MAX))]);
}

#[test]
fn a_quiet_log_forgets_the_ids_of_what_is_too_old() {
    let own = |id| publish(Kind::Own(id, 0), 0, 1);
    // Both that can be remembered.
    let both = [own(1), own(2), own(3)];
    run(BOUNDS, both.clone().into_iter().chain([Op::Wait(900_000_000), own(3), own(1)]));
    // Gone at once, and known for two minutes.
    run(
        NO_HISTORY,
        both.into_iter().chain([Op::Wait(119_999_999), own(3), own(2), Op::Wait(1), own(1)]),
    );
}

#[test]
fn a_log_that_is_left_alone_keeps_nothing_for_who_is_late() {
    let mut driver = Driver::new(NO_HISTORY);
    for op in [join(From::Nothing), publish(Kind::Numbered, 10_000, 20), Op::Show] {
        driver.run(op);
    }
    assert_eq!(driver.ring.entries.len(), 20);
    driver.run(Op::Leave { reader: 0 });
    assert_eq!(driver.ring.entries.len(), 0);
    assert!(driver.ring.chunks.read(0).is_none());
}
