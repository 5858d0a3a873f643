//! A small harness: two sides in one process, in turns, so that a change of the machine's
//! mood meets both; medians, because a disturbance only ever makes a round slower.

use std::{hint::black_box, time::Instant};

use super::harness::median;

const ROUNDS: usize = 41;
const ROUND: f64 = 10e6; // nanoseconds

/// Nanoseconds for one call of each side.
pub(crate) struct Measured {
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
}

/// Calls both sides in turns. What they return is kept from the optimiser.
pub(crate) fn compare<A, B>(
    mut ours: impl FnMut() -> A,
    mut theirs: impl FnMut() -> B,
) -> Measured {
    let (calls_ours, calls_theirs) = (calls_in_a_round(&mut ours), calls_in_a_round(&mut theirs));
    let (mut all_ours, mut all_theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        all_ours.push(time(calls_ours, &mut ours));
        all_theirs.push(time(calls_theirs, &mut theirs));
    }
    Measured { ours: median(all_ours), theirs: median(all_theirs) }
}

/// Warms a side up and finds how many calls fill a round.
fn calls_in_a_round<T>(side: &mut impl FnMut() -> T) -> u32 {
    let mut calls = 1;
    loop {
        let took = time(calls, side) * f64::from(calls);
        if took >= ROUND {
            return calls;
        }
        calls = calls.saturating_mul(2);
    }
}

/// Nanoseconds for one call.
fn time<T>(calls: u32, side: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(side());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}
