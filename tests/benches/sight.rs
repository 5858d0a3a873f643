//! What it costs to be looked at, and whether what is seen is true:
//! `cargo bench -p sse-tests --bench sight`, some six minutes; with `-- cost` or `-- latency`
//! that part alone.
//!
//! The load is that of `fanout.rs`, behind `sse_runtime::serve` with a linger of 2 ms. A process
//! has one recorder, and so each side is a process of its own, and the sides take turns.
//!
//! **The cost** is the processor time for each event delivered: with the recorder of
//! `Prometheus::install`, and twice without, because what two sides that are alike differ by is
//! what cannot be measured. What a batch costs more is the same for one event and for fifty: two
//! counters, two histograms, two looks at the clock, two to four hundred nanoseconds in all. That is
//! close to 5 % of a batch: on a machine that does other work, runs fall on both sides of it.
//!
//! **The latency** is that of `/metrics`, with quantiles as Prometheus takes them, beside stop
//! watches in the same server that share no clock with the library (`fanout/watches.rs`). For a
//! batch, which is one chunk:
//!
//! * `fanout`: in the metric from the append of its oldest event until the stream gives it away;
//!   by the watch from the time that stands in that event, taken before it is published, until
//!   the body of the answer gives it away;
//! * `write`: in the metric from there until the socket of the connection has taken it; by the
//!   watch the same around the socket that the listener gave. On loopback that is when the
//!   bytes are with the socket of the reader: the call that writes brings them there.
//!
//! When a reader reads them is its own affair, and is printed for comparison alone: one that
//! reads for a thousand gets to them some milliseconds later, and later still where it has to
//! wait for a core.
//!
//! What was learnt: both mean the same, and the same batches are counted, but for `write` the
//! buckets began at 100 microseconds, where a write takes six: its quantiles were eight to ten
//! times too large, and that of the fan-out up to 1.4 times. The watch around the socket still
//! reads some hundred nanoseconds less than the metric, because the one clock runs within the
//! other.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

mod harness;
#[path = "fanout/load.rs"]
#[allow(dead_code, reason = "it measures more than is asked here")]
mod load;
#[path = "harness/memory.rs"]
mod memory;
#[path = "sight/page.rs"]
mod page;
#[path = "fanout/plan.rs"]
mod plan;
#[path = "fanout/process.rs"]
mod process;
#[path = "fanout/server.rs"]
mod server;
#[path = "fanout/subscriber.rs"]
mod subscriber;
#[path = "fanout/watches.rs"]
mod watches;

use std::{env, hint::black_box, io, time::Instant};

use harness::{median, verdict};
use load::Measured;
use page::Histogram;
use plan::{By, Pace, Plan, RATE, SUBSCRIBERS, Side, Sight, WINDOW};
use process::Cores;

const ROUNDS: usize = 9;

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let only = |part: &str| env::args().any(|arg| arg == part);
    if args.next().as_deref() == Some(process::SERVE) {
        return server::run(Plan::of_args(args).expect("the plan of a server"));
    }
    let Some(cores) = Cores::for_load(SUBSCRIBERS) else { return Ok(()) };
    for pace in [Pace::Window, Pace::Rate] {
        if !only("latency") {
            cost(&cores, pace)?;
        }
        if !only("cost") {
            latency(&cores, pace)?;
        }
    }
    Ok(())
}

fn plan(pace: Pace, sight: Sight) -> Plan {
    let side = Side::Ours(By::Serve, 2);
    let plan = match pace {
        Pace::Window => Plan::full(side),
        Pace::Rate => Plan::paced(side),
    };
    Plan { sight, ..plan }
}

fn title(what: &str, pace: Pace) {
    match pace {
        Pace::Window => {
            println!("\n{what}: {SUBSCRIBERS} subscribers, {WINDOW} events on their way:");
        }
        Pace::Rate => println!("\n{what}: {SUBSCRIBERS} subscribers, {RATE} events a second:"),
    }
}

/// Processor time with a recorder and without, and twice without: what the two differ by is what
/// cannot be measured.
fn cost(cores: &Cores, pace: Pace) -> io::Result<()> {
    title("cost", pace);
    let sides = [Sight::Nobody, Sight::Recorder, Sight::Nobody].map(|sight| plan(pace, sight));
    let mut runs = [const { Vec::new() }; 3];
    for round in 0..ROUNDS {
        for step in 0..sides.len() {
            // Forth and back, so that none is always first.
            let at = if round % 2 == 0 { step } else { sides.len() - 1 - step };
            runs[at].push(load::run(cores, &sides[at])?);
        }
    }
    let names = ["no recorder", "the Prometheus recorder", "no recorder, once more"];
    for (name, runs) in names.iter().zip(&runs) {
        let [cpu, batch] = [|run: &Measured| run.cpu, |run: &Measured| run.batch]
            .map(|of| median(runs.iter().map(of).collect()));
        println!("  {name:<24} {cpu:>5.0} ns of cpu an event delivered, {batch:.1} in a batch");
    }
    let [without, with, again] = &runs;
    let ratio = |of: fn([&Measured; 3]) -> f64| {
        let rounds = without.iter().zip(with).zip(again);
        median(rounds.map(|((without, with), again)| of([without, with, again])).collect())
    };
    let alike = ratio(|[without, _, again]| again.cpu / without.cpu);
    println!("  cpu, no recorder once more / no recorder: {alike:.3}");
    let dearer = ratio(|[without, with, again]| 2.0 * with.cpu / (without.cpu + again.cpu));
    let medians =
        [without, with, again].map(|runs| median(runs.iter().map(|run| run.cpu).collect()));
    let of_medians = 2.0 * medians[1] / (medians[0] + medians[2]);
    println!("  cpu, the recorder / none, of neighbours {dearer:.3}, of medians {of_medians:.3}");
    verdict("  cpu, the recorder / none", dearer, "<= 1.05", dearer <= 1.05);
    let (handles, batch) = (handles(), ratio(|[without, ..]| without.batch));
    println!("  handles that nobody keeps: {handles:.1} ns a batch");
    let share = 100.0 * handles / batch / medians[0];
    verdict("  of a delivery, %", share, "<= 0.20", share <= 0.2);
    Ok(())
}

/// What a batch asks of handles that nobody keeps, in nanoseconds: those of this process, which
/// has no recorder.
fn handles() -> f64 {
    const BATCHES: u32 = 10_000_000;
    let events = black_box(metrics::counter!("sse_events_delivered_total"));
    let bytes = black_box(metrics::counter!("sse_sent_bytes_total"));
    let begin = Instant::now();
    for at in 0..u64::from(BATCHES) {
        black_box(&events).increment(black_box(at));
        black_box(&bytes).increment(black_box(at));
    }
    begin.elapsed().as_secs_f64() * 1e9 / f64::from(BATCHES)
}

/// What `/metrics` says of the latency beside what the stop watches say.
fn latency(cores: &Cores, pace: Pace) -> io::Result<()> {
    title("latency", pace);
    let plan = plan(pace, Sight::Watches);
    let runs: Vec<_> = (0..ROUNDS).map(|_| load::run(cores, &plan)).collect::<io::Result<_>>()?;
    let mut means = vec![0.0; runs.len()];
    for (at, phase) in ["fanout", "write"].into_iter().enumerate() {
        let seen: Vec<_> = runs.iter().map(|run| Histogram::of(&run.page, phase)).collect();
        let watched = |figure: usize| runs.iter().map(move |run| run.watched[at][figure] as f64);
        let are_all = seen.iter().zip(watched(0)).all(|(seen, count)| seen.count == count);
        assert!(are_all, "every batch is counted once, here and there");
        for (name, figure, quantile) in [("p50", 1, 0.5), ("p99", 2, 0.99)] {
            let told: Vec<_> = seen.iter().map(|seen| seen.quantile(quantile) * 1e9).collect();
            let watched: Vec<_> = watched(figure).collect();
            let ratio = median(told.iter().zip(&watched).map(|(a, b)| a / b).collect());
            let (told, watched) = (median(told) / 1e6, median(watched) / 1e6);
            println!("  {phase}, {name}: /metrics {told:.4} ms, the stop watch {watched:.4} ms");
            let is_near = (0.85..=1.15).contains(&ratio);
            verdict("    the one / the other", ratio, "0.85 to 1.15", is_near);
        }
        for (mean, seen) in means.iter_mut().zip(&seen) {
            *mean += seen.mean() * 1e3;
        }
    }
    let read = median(runs.iter().map(|run| run.oldest / 1e6).collect());
    let told = median(means);
    println!("  both phases on average: {told:.3} ms; until a reader has read it: {read:.3} ms");
    Ok(())
}
