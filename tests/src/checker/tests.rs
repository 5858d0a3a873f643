//! Small histories, each with what is wrong with it: all of it, and nothing else.
#![allow(clippy::expect_used, reason = "tests")]

use sse_runtime::{EventId, Missed, Position, ResetReason};

use super::{Client, Counts, Finding, History, Op, Order, Part, Step, Value};
use Step::{Delivered, Stands, Told};

/// A position in one of several logs, as some store has it. Below 10 all digits are the same.
fn of_log(log: u32, seq: u64, tag: u32) -> Position {
    let id = EventId::try_from(format!("evt_{log:08}{seq:011}{tag:05}")).expect("a position");
    Position::try_from(&id).expect("a position")
}

fn at(seq: u64) -> Position {
    of_log(1, seq, 0)
}

/// The event of publisher 0 that stands at its number.
fn event(number: u32) -> Step {
    Delivered(at(number.into()), (0, number))
}

fn gap(missed: u64) -> Step {
    Told(Missed::Gap { missed })
}

fn reset() -> Step {
    Told(Missed::Reset(ResetReason::Epoch))
}

fn ok(value: Value, position: Position) -> [Op; 2] {
    [Op::Invoke(value), Op::Ok(value, position)]
}

/// Publisher 0 published four events.
fn published() -> History {
    let mut history = History::default();
    history.publisher((1..=4).flat_map(|number| ok((0, number), at(number.into()))));
    history
}

/// The same, and one reader.
fn read(steps: impl IntoIterator<Item = Step>) -> Vec<Finding> {
    let mut history = published();
    history.reader(0, steps);
    history.check(at(4))
}

const READER: Client = Client { node: 0, number: 0 };

fn lost(part: Part, number: u32) -> Finding {
    let value = (0, number);
    Finding::Lost { client: READER, part, position: at(number.into()), value }
}

#[test]
fn nothing_is_wrong_with_a_reader_that_has_everything() {
    assert_eq!(read([Stands(at(0)), event(1), event(2), event(3), event(4)]), []);
    // It comes back again and again, and twice is sent what it had: its client drops that.
    let back = [Stands(at(1)), event(2), Stands(at(2)), Stands(at(1)), event(3), event(4)];
    assert_eq!(read(back), []);
    // It came late, or is the first there is.
    assert_eq!(read([Stands(at(4))]), []);
    assert_eq!(read([event(1), event(2), event(3), event(4)]), []);
}

#[test]
fn nothing_is_wrong_with_what_was_told() {
    let on_the_way = [Stands(at(0)), event(1), gap(2), Stands(at(3)), event(4)];
    assert_eq!(read(on_the_way), []);
    let before_an_event = [Stands(at(0)), event(1), gap(2), event(4)];
    assert_eq!(read(before_an_event), []);
    // After a reset what it holds may be stale, and even come again.
    let reset = [Stands(of_log(7, 9, 0)), reset(), Stands(at(3)), event(4)];
    assert_eq!(read(reset), []);
    let again = [Stands(at(0)), event(1), event(2), self::reset(), Stands(at(1)), event(2)];
    assert_eq!(read(again.into_iter().chain([event(3), event(4)])), []);
}

#[test]
fn what_is_lost_is_found_and_where() {
    let all_but = |gone: u32| (1..=4).filter(move |number| *number != gone).map(event);
    let untold = |after, gone| Finding::UntoldGap { client: READER, after: at(after), gone };
    let stands = || [Stands(at(0))].into_iter();
    assert_eq!(read(stands().chain(all_but(1))), [untold(0, 1), lost(Part::Prefix, 1)]);
    assert_eq!(read(stands().chain(all_but(3))), [untold(2, 1), lost(Part::Middle, 3)]);
    assert_eq!(read(stands().chain(all_but(4))), [lost(Part::Suffix, 4)]);
    let nothing = [1, 2, 3, 4].map(|number| lost(Part::Suffix, number));
    assert_eq!(read(stands()), nothing);
    // Nobody knows where these began, and so they were there from the begin.
    assert_eq!(read([]), nothing);
    assert_eq!(read([event(3), event(4)]), [lost(Part::Prefix, 1), lost(Part::Prefix, 2)]);
    let of_both = [nothing[0], untold(1, 1), nothing[1], untold(2, 1)];
    assert_eq!(Finding::one_of_each(&of_both), of_both[..2]);
}

#[test]
fn a_gap_that_was_told_excuses_no_more_than_itself() {
    let then_lost = [Stands(at(0)), gap(1), Stands(at(1)), event(2), event(4)];
    let untold = Finding::UntoldGap { client: READER, after: at(2), gone: 1 };
    assert_eq!(read(then_lost), [untold, lost(Part::Middle, 3)]);
    // What it was told once it does not owe twice.
    let told_before = [Stands(at(0)), gap(1), Stands(at(1)), Stands(at(2)), event(3), event(4)];
    let untold = Finding::UntoldGap { client: READER, after: at(1), gone: 1 };
    assert_eq!(read(told_before), [untold, lost(Part::Prefix, 2)]);
    let after = [Stands(at(0)), event(1), Stands(at(2)), gap(1), Stands(at(3)), event(4)];
    assert_eq!(read(after), [untold, lost(Part::Middle, 2)]);
}

#[test]
fn a_reader_that_stays_in_a_log_that_is_over_has_lost_the_new_one() {
    let [over, position] = [of_log(1, 2, 0), of_log(2, 1, 0)];
    let mut history = History::default();
    history.publisher(ok((0, 1), over).into_iter().chain(ok((0, 2), position)));
    // One was told that the log is over, and one comes only now.
    history.reader(0, [Stands(of_log(1, 1, 0)), Delivered(over, (0, 1))]);
    let told = [reset(), Stands(of_log(2, 0, 0)), Delivered(position, (0, 2))];
    history.reader(0, [Stands(of_log(1, 1, 0)), Delivered(over, (0, 1))].into_iter().chain(told));
    history.reader(0, [Stands(of_log(2, 0, 0)), Delivered(position, (0, 2))]);
    let other = Client { node: 0, number: 1 };
    let (client, part, value) = (READER, Part::Suffix, (0, 2));
    let lost = Finding::Lost { client, part, position, value };
    assert_eq!(
        history.check(position),
        [lost, Finding::Diverged { client, other, position, value }]
    );
}

#[test]
fn what_nobody_tried_is_unexpected() {
    let (client, position, value) = (READER, at(4), (7, 7));
    let forged = [Stands(at(3)), Delivered(position, value)];
    let inconsistent = Finding::Inconsistent { position, one: (0, 4), other: value };
    let unexpected = Finding::Unexpected { client, position, value };
    assert_eq!(read(forged), [unexpected, inconsistent, lost(Part::Suffix, 4)]);
}

#[test]
fn what_was_refused_is_never_read() {
    let (client, position, value) = (READER, at(5), (0, 5));
    let mut history = published();
    history.publisher([Op::Invoke(value), Op::Fail(value)]);
    assert_eq!(history.check(at(5)), []);
    history.reader(0, [Stands(at(4)), Delivered(position, value)]);
    assert_eq!(history.check(at(5)), [Finding::Aborted { client, position, value }]);
}

#[test]
fn what_is_unknown_is_there_once_or_not_at_all() {
    let value = (0, 5);
    let with = |ops: &[Op], steps: &[Step]| {
        let mut history = published();
        history.publisher(ops.iter().copied());
        history.reader(0, steps.iter().copied());
        history.check(at(6))
    };
    let one = [Stands(at(4)), Delivered(at(5), value)];
    let two = [Stands(at(4)), Delivered(at(5), value), Delivered(at(6), value)];
    // Answered like this, or never.
    for ops in [&[Op::Invoke(value), Op::Unknown(value)][..], &[Op::Invoke(value)][..]] {
        assert_eq!(with(ops, &one[..1]), []);
        assert_eq!(with(ops, &one), []);
        let duplicate = Finding::Duplicate { client: READER, position: at(6), value };
        let twice = Finding::Twice { value, one: at(5), other: at(6) };
        assert_eq!(with(ops, &two), [duplicate, twice]);
    }
    // Tried again with success it is known, and tried again in vain it is not.
    let again = [Op::Invoke(value), Op::Unknown(value), Op::Invoke(value), Op::Ok(value, at(5))];
    assert_eq!(with(&again, &one), []);
    let lost = Finding::Lost { client: READER, part: Part::Suffix, position: at(5), value };
    assert_eq!(with(&again, &one[..1]), [lost]);
    let refused = [Op::Invoke(value), Op::Unknown(value), Op::Invoke(value), Op::Fail(value)];
    assert_eq!(with(&refused, &one), []);
}

#[test]
fn what_comes_twice_is_a_duplicate() {
    let twice = [Stands(at(3)), event(4), event(4)];
    let duplicate = Finding::Duplicate { client: READER, position: at(4), value: (0, 4) };
    assert_eq!(read(twice), [duplicate]);
}

#[test]
fn what_is_stored_twice_is_found_though_no_reader_got_it_twice() {
    let twice = Finding::Twice { value: (0, 4), one: at(4), other: at(5) };
    let mut acked = published();
    acked.publisher(ok((0, 4), at(5)));
    acked.reader(0, [Stands(at(3)), event(4)]);
    assert_eq!(acked.check(at(5)), [twice]);
    let mut seen = published();
    seen.reader(0, [Stands(at(4)), Delivered(at(5), (0, 4))]);
    assert_eq!(seen.check(at(5)), [twice]);
    // Published again, and known to be there.
    let mut known = published();
    known.publisher(ok((0, 4), at(4)));
    assert_eq!(known.check(at(4)), []);
    known.reader(0, [Stands(at(3))]);
    assert_eq!(known.check(at(4)), [lost(Part::Suffix, 4)]);
    // Published again when its log was over, or its end was lost, which readers are told.
    let mut again = published();
    again.publisher(ok((0, 4), of_log(2, 1, 0)).into_iter().chain([Op::Invoke((0, 5))]));
    again.reader(0, [Stands(of_log(2, 0, 0)), Delivered(of_log(2, 1, 0), (0, 4))]);
    let (before, after) = (of_log(2, 2, 1), of_log(2, 3, 2));
    let back = [Stands(of_log(2, 1, 0)), Delivered(before, (0, 5)), reset()];
    let there = [Stands(of_log(2, 2, 3)), Delivered(after, (0, 5))];
    again.reader(0, back.into_iter().chain(there));
    assert_eq!(again.check(of_log(2, 1, 0)), []);
    let mut lost = published();
    lost.publisher(ok((0, 4), of_log(2, 1, 0)));
    lost.reader(0, [Stands(of_log(2, 0, 0))]);
    assert!(!lost.check(of_log(2, 1, 0)).is_empty(), "it is due in the log where it is now");
}

#[test]
fn a_position_with_two_contents_is_inconsistent_whoever_sees_it() {
    let inconsistent = |other| Finding::Inconsistent { position: at(5), one: (1, 1), other };
    let mut history = published();
    history.publisher([Op::Invoke((1, 1)), Op::Invoke((1, 2)), Op::Invoke((1, 3))]);
    history.reader(0, [Stands(at(4)), Delivered(at(5), (1, 1))]);
    // Told of a reset it may hold something else, but not under the same position.
    history.reader(0, [Stands(at(4)), Delivered(at(5), (1, 2)), reset(), Stands(at(6))]);
    history.reader(1, [Stands(at(4)), Delivered(at(5), (1, 2)), reset(), Stands(at(6))]);
    assert_eq!(history.check(at(4)), [inconsistent((1, 2))]);
    // The publishers were told something else.
    history.publisher([Op::Ok((1, 1), at(5)), Op::Ok((1, 3), at(5))]);
    assert_eq!(history.check(at(4)), [inconsistent((1, 3)), inconsistent((1, 2))]);
    // A store that uses a number again has another tag for it.
    let mut again = published();
    again.publisher([Op::Invoke((1, 1)), Op::Invoke((1, 2))]);
    again.reader(0, [Stands(at(4)), Delivered(of_log(1, 5, 1), (1, 1)), reset(), Stands(at(4))]);
    again.reader(0, [Stands(at(4)), Delivered(of_log(1, 5, 2), (1, 2))]);
    assert_eq!(again.check(at(4)), []);
}

#[test]
fn what_comes_late_is_reordered() {
    let late = [Stands(at(2)), event(4), event(3)];
    let untold = Finding::UntoldGap { client: READER, after: at(2), gone: 1 };
    let reordered = |by| {
        let (position, value) = (at(3), (0, 3));
        Finding::Reordered { client: READER, by, position, value }
    };
    let findings = [untold, reordered(Order::Sequence), reordered(Order::Publisher)];
    assert_eq!(read(late), findings);
    // What follows goes on after the latest.
    let mut on = published();
    on.publisher(ok((0, 5), at(5)));
    on.reader(0, late.into_iter().chain([event(5)]));
    assert_eq!(on.check(at(5)), findings);
}

#[test]
fn a_publisher_is_heard_in_its_order() {
    let with = |ops: &[Op]| {
        let mut history = History::default();
        history.publisher(ops.iter().copied());
        history.reader(0, [Stands(at(0)), Delivered(at(1), (0, 2)), Delivered(at(2), (0, 1))]);
        history.check(at(2))
    };
    let [first, second] = [Op::Invoke((0, 1)), Op::Invoke((0, 2))];
    let [one, two] = [Op::Ok((0, 1), at(2)), Op::Ok((0, 2), at(1))];
    let (client, by, position, value) = (READER, Order::Publisher, at(2), (0, 1));
    let reordered = Finding::Reordered { client, by, position, value };
    // It knew of the first before it tried the second.
    assert_eq!(with(&[first, one, second, two]), [reordered]);
    assert_eq!(with(&[first, one, second, Op::Unknown((0, 2))]), [reordered]);
    // Nor does it forget that, when it publishes it again.
    assert_eq!(with(&[first, one, second, two, first, one]), [reordered]);
    let mut all_after_the_last = published();
    let [late, later] = [Delivered(at(6), (0, 1)), Delivered(at(7), (0, 2))];
    all_after_the_last.reader(0, [Stands(at(3)), event(4), late, later]);
    let findings = all_after_the_last.check(at(4));
    let late = |finding: &Finding| matches!(finding, Finding::Reordered { .. });
    assert_eq!(findings.iter().filter(|finding| late(finding)).count(), 2, "{findings:?}");
    // It did not: the first may come when it likes.
    assert_eq!(with(&[first, second, one, two]), []);
    assert_eq!(with(&[first, Op::Unknown((0, 1)), second, two]), []);
    assert_eq!(with(&[first, Op::Unknown((0, 1)), second, two, first, one]), []);
}

#[test]
fn readers_of_the_same_that_hold_different_things_diverge() {
    let value = (1, 1);
    let (one, other) = (Client { node: 0, number: 0 }, Client { node: 1, number: 1 });
    let with = |steps: &[Step]| {
        let mut history = published();
        // Nobody knows of it, and so it is not lost where it lacks.
        history.publisher([Op::Invoke(value)]);
        history.reader(one.node, [Stands(at(4)), Delivered(at(5), value)]);
        history.reader(other.node, steps.iter().copied());
        history.check(at(5))
    };
    let diverged = Finding::Diverged { client: other, other: one, position: at(5), value };
    assert_eq!(with(&[Stands(at(4)), Delivered(at(5), value)]), []);
    assert_eq!(with(&[Stands(at(4))]), [diverged]);
    assert_eq!(with(&[Stands(at(3)), event(4)]), [diverged]);
    // It came later, or was told.
    assert_eq!(with(&[Stands(at(5))]), []);
    assert_eq!(with(&[Stands(at(4)), gap(1), Stands(at(5))]), []);
    assert_eq!(with(&[Stands(of_log(7, 1, 0)), reset(), Stands(at(5))]), []);
}

#[test]
fn readers_of_nodes_that_count_differently_diverge() {
    let [one, two] = [(1, 1), (2, 1)];
    let mut history = published();
    history.publisher([Op::Invoke(one), Op::Invoke(two)]);
    // The tags differ, so that no position has two contents.
    let (here, there) = (of_log(1, 5, 1), of_log(1, 5, 2));
    history.reader(0, [Stands(at(4)), Delivered(here, one)]);
    history.reader(1, [Stands(at(4)), Delivered(there, two)]);
    let [first, second] = [Client { node: 0, number: 0 }, Client { node: 1, number: 1 }];
    assert_eq!(
        history.check(at(5)),
        [
            Finding::Diverged { client: first, other: second, position: there, value: two },
            Finding::Diverged { client: second, other: first, position: here, value: one },
        ]
    );
}

#[test]
fn what_nobody_told_is_an_untold_gap_or_an_untold_reset() {
    // The number that is skipped may be that of an event of which nobody knows.
    let mut history = published();
    history.reader(0, [Stands(at(4)), Delivered(at(6), (0, 5))]);
    history.publisher(ok((0, 5), at(6)));
    let untold = |after, gone| Finding::UntoldGap { client: READER, after: at(after), gone };
    assert_eq!(history.check(at(6)), [untold(4, 1)]);
    // It finds itself elsewhere.
    let moved = [Stands(at(0)), event(1), Stands(at(3)), event(4)];
    let lost = [lost(Part::Middle, 2), lost(Part::Middle, 3)];
    assert_eq!(read(moved), [untold(1, 2), lost[0], lost[1]]);
    let from = of_log(7, 9, 0);
    let reset = |to| Finding::UntoldReset { client: READER, from, to };
    assert_eq!(read([Stands(from), Stands(at(3)), event(4)]), [reset(at(3))]);
    assert_eq!(read([Stands(from), event(4)]), [reset(at(4))]);
    assert_eq!(read([Stands(from), gap(3), event(4)]), [reset(at(4))]);
}

#[test]
fn a_gap_with_a_wrong_number_is_miscounted() {
    let miscounted = |told, gone| [Finding::Miscounted { client: READER, told, gone }];
    let on_the_way = |told| [Stands(at(0)), event(1), gap(told), Stands(at(3)), event(4)];
    assert_eq!(read(on_the_way(1)), miscounted(1, 2));
    assert_eq!(read([Stands(at(1)), gap(3), event(4)]), miscounted(3, 2));
    assert_eq!(read([Stands(at(3)), gap(1), event(4)]), miscounted(1, 0));
}

#[test]
fn it_says_how_much_happened() {
    let mut history = published();
    history.publisher([Op::Invoke((1, 1)), Op::Fail((1, 1))]);
    history.publisher([Op::Invoke((1, 2)), Op::Unknown((1, 2)), Op::Invoke((1, 3))]);
    history.reader(0, [Stands(at(3)), event(4), Delivered(at(5), (1, 3)), reset()]);
    history.reader(0, [Stands(at(3)), event(4), Delivered(at(5), (1, 3))]);
    let (ok, failed, unknown, unknown_read) = (4, 1, 2, 1);
    let counts = Counts { ok, failed, unknown, unknown_read, delivered: 4, told: 1 };
    assert_eq!(history.counts(), counts);
}
