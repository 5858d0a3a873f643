//! Any bounds, and anything that may happen.

use proptest::prelude::*;

use super::ops::{From, Kind, Op};
use crate::log::Bounds;

pub(super) fn bounds() -> impl Strategy<Value = Bounds> {
    let events = prop_oneof![Just(0), Just(1), Just(3), Just(40), Just(2_000)];
    let bytes = prop_oneof![Just(0_u64), Just(90), Just(1_000), Just(60_000), Just(u64::MAX)];
    let retention =
        prop_oneof![Just(0_u64), Just(10_000), Just(1_000_000), Just(900_000_000), Just(u64::MAX)];
    let ids = prop_oneof![Just(0_usize), Just(2), Just(1_000)];
    // Now and then nothing but the count matters.
    let bytes = prop_oneof![Just(u64::MAX), bytes];
    let retention = prop_oneof![Just(900_000_000), retention];
    (events, bytes, retention, ids).prop_map(|(events, bytes, retention, ids)| Bounds {
        events,
        bytes,
        retention,
        ids,
    })
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        8 => 0..60_usize,
        3 => 60..2_000_usize,
        2 => 8_000..34_000_usize,
        1 => 90_000..300_000_usize,
    ]
}

fn publish(kind: impl Strategy<Value = Kind>) -> impl Strategy<Value = Op> {
    let few = (length(), prop_oneof![4 => Just(1_usize), 1 => 2..12_usize]);
    let burst = (0..40_usize, 100..700_usize);
    let how = prop_oneof![12 => few, 1 => burst];
    (kind, how, any::<u32>()).prop_map(|(kind, (length, count), random)| Op::Publish {
        kind,
        length,
        count,
        random,
    })
}

/// Events without an id of their own, and none that ends the log.
pub(super) fn plain() -> impl Strategy<Value = Op> {
    publish(prop_oneof![2 => Just(Kind::Numbered), 1 => Just(Kind::Ephemeral)])
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let own = (0..6_u8, 0..2_u64).prop_map(|(id, content)| Kind::Own(id, content));
    let kind = prop_oneof![
        30 => Just(Kind::Numbered),
        15 => Just(Kind::Ephemeral),
        15 => own,
        1 => Just(Kind::Terminal),
    ];
    let from = prop_oneof![
        2 => Just(From::Nothing),
        1 => Just(From::Unreadable),
        6 => any::<usize>().prop_map(From::Position),
        1 => any::<usize>().prop_map(From::AmongOthers),
        1 => any::<usize>().prop_map(From::WrongTag),
        1 => any::<usize>().prop_map(From::OtherLog),
        1 => prop_oneof![1..5_u64, Just(u64::MAX)].prop_map(From::Ahead),
    ];
    let wait =
        prop_oneof![0..20_000_u64, 0..2_000_000_u64, 0..130_000_000_u64, 0..1_000_000_000_u64];
    prop_oneof![
        12 => publish(kind),
        4 => Just(Op::Show),
        2 => wait.prop_map(Op::Wait),
        1 => Just(Op::Trim),
        4 => (from, any::<bool>(), any::<bool>())
            .prop_map(|(from, from_oldest, shows)| Op::Join { from, from_oldest, shows }),
        3 => (any::<usize>(), any::<usize>(), any::<bool>())
            .prop_map(|(reader, saw, shows)| Op::Cut { reader, saw, shows }),
        1 => any::<usize>().prop_map(|reader| Op::Leave { reader }),
        10 => (any::<usize>(), prop_oneof![Just(1_usize), Just(3), Just(usize::MAX)], any::<bool>())
            .prop_map(|(reader, batches, looks)| Op::Read { reader, batches, looks }),
    ]
}
