//! What fan-out costs: `cargo bench -p sse-tests --bench fanout`, some five minutes; with
//! `-- rate` or `-- stuck` that part alone.
//!
//! One channel with 1,000 subscribers, behind `axum::serve` and behind `sse_runtime::serve`, is
//! compared with what a careful user of axum writes by hand: frames encoded once,
//! `tokio::sync::broadcast`, `Body::from_stream`, `axum::serve`. Each sends frames of 200 bytes. Each side is a process of its own, this
//! binary again, on one core; the load is this process, on another. The figure is the processor
//! time that the server process takes for each event that a subscriber gets, by the accounting
//! of the system. Most of it is spent in the kernel, which both sides need alike: what differs
//! is how often.
//!
//! The sides take turns, and the ratios are those of neighbours: other work on the machine
//! meets both.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

mod harness;
#[path = "fanout/load.rs"]
#[allow(dead_code, reason = "it measures more than is asked here")]
mod load;
#[path = "harness/memory.rs"]
mod memory;
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

use std::{env, io};

use harness::{median, verdict};
use load::Measured;
use plan::{By, Plan, RATE, SUBSCRIBERS, Side, WINDOW};
use process::Cores;

const ROUNDS: usize = 7;

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let only = |part: &str| env::args().any(|arg| arg == part);
    if args.next().as_deref() == Some(process::SERVE) {
        return server::run(Plan::of_args(args).expect("the plan of a server"));
    }
    let Some(cores) = Cores::for_load(SUBSCRIBERS) else { return Ok(()) };
    if !only("rate") && !only("stuck") {
        as_fast_as_it_can(&cores)?;
    }
    if !only("stuck") {
        at_a_rate(&cores)?;
    }
    if !only("rate") {
        beside_stuck_readers(&cores)?;
    }
    Ok(())
}

fn as_fast_as_it_can(cores: &Cores) -> io::Result<()> {
    println!("\n{SUBSCRIBERS} subscribers, {WINDOW} events on their way:");
    let sides = [
        Side::Reference,
        Side::Ours(By::Axum, 2),
        Side::Ours(By::Axum, 5),
        Side::Ours(By::Serve, 2),
        Side::Ours(By::Serve, 5),
    ];
    let [reference, ours @ ..] = rounds(cores, sides.map(Plan::full))?;
    report("reference", &reference);
    let named = [
        "axum::serve, linger 2 ms",
        "axum::serve, linger 5 ms",
        "serve, linger 2 ms",
        "serve, linger 5 ms",
    ];
    for (name, ours) in named.iter().zip(&ours) {
        report(name, ours);
    }
    for ((name, ours), target) in named.iter().zip(&ours).zip([0.45, 0.30, 0.45, 0.30]) {
        let cpu = ratio(ours, &reference, |run| run.cpu);
        let asked = format!("<= {target:.2}");
        verdict(&format!("  cpu, {name} / reference"), cpu, &asked, cpu <= target);
        let late = ratio(ours, &reference, |run| run.p99);
        verdict(&format!("  p99 latency, {name} / reference"), late, "< 1.00", late < 1.0);
    }
    Ok(())
}

fn at_a_rate(cores: &Cores) -> io::Result<()> {
    println!("\n{SUBSCRIBERS} subscribers, {RATE} events a second:");
    let sides = [Side::Reference, Side::Ours(By::Axum, 2), Side::Ours(By::Serve, 2)];
    let [reference, ours @ ..] = rounds(cores, sides.map(Plan::paced))?;
    report("reference", &reference);
    for (name, ours) in ["axum::serve", "serve"].iter().zip(&ours) {
        report(name, ours);
    }
    for (name, ours) in ["axum::serve", "serve"].iter().zip(&ours) {
        let cpu = ratio(ours, &reference, |run| run.cpu);
        verdict(&format!("  cpu, {name} / reference"), cpu, "<= 1.00", cpu <= 1.0);
        let later = difference(ours, &reference, |run| run.p50) / 1e6;
        let name = format!("  p50 latency, {name} - reference, ms");
        verdict(&name, later, "<= 2.00", later <= 2.0);
    }
    Ok(())
}

/// What readers that never read do to the others, and what each of them holds: behind `serve`
/// alone, because behind `axum::serve` nothing ends them.
fn beside_stuck_readers(cores: &Cores) -> io::Result<()> {
    const STUCK: u64 = 100;
    let with = |stuck| Plan { good: 900, stuck, ..Plan::full(Side::Ours(By::Serve, 2)) };
    let [alone, beside] = rounds(cores, [with(0), with(STUCK)])?;
    println!("\n900 subscribers, {WINDOW} events on their way, beside {STUCK} that never read:");
    report("alone", &alone);
    report("beside them", &beside);
    let late = ratio(&beside, &alone, |run| run.p99);
    verdict("  p99 latency, beside / alone", late, "<= 1.10", late <= 1.1);
    let of_process = difference(&beside, &alone, |run| run.resident) / 1024.0 / STUCK as f64;
    let kernel = median(beside.iter().map(|run| run.kernel / 1024.0).collect());
    println!("  each stuck one: {of_process:.1} KiB of the process, {kernel:.1} KiB of the kernel");
    let held = of_process + kernel;
    verdict("  held by a stuck one, KiB", held, "<= 96", kernel > 0.0 && held <= 96.0);
    let first = median(beside.iter().map(|run| run.first_ended).collect());
    let last = median(beside.iter().map(|run| run.last_ended).collect());
    verdict("  the first is ended after, s", first, ">= 10", first >= 10.0);
    verdict("  the last is ended after, s", last, "<= 13", last <= 13.0);
    Ok(())
}

/// Runs each plan in turns, forth and back, so that none is always first.
fn rounds<const N: usize>(cores: &Cores, plans: [Plan; N]) -> io::Result<[Vec<Measured>; N]> {
    let mut measured = plans.map(|_| Vec::new());
    for round in 0..ROUNDS {
        for step in 0..N {
            let at = if round % 2 == 0 { step } else { N - 1 - step };
            measured[at].push(load::run(cores, &plans[at])?);
        }
    }
    Ok(measured)
}

/// The middle one of the ratios of neighbours.
fn ratio(ours: &[Measured], theirs: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| of(ours) / of(theirs)).collect())
}

/// The middle one of the differences of neighbours.
fn difference(ours: &[Measured], theirs: &[Measured], of: impl Fn(&Measured) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| of(ours) - of(theirs)).collect())
}

fn report(name: &str, runs: &[Measured]) {
    let middle = |of: fn(&Measured) -> f64| median(runs.iter().map(of).collect());
    println!(
        "  {name:<24} {:>5.0} bytes, {:>5.0} ns of cpu an event delivered, {:>6.0} events/s, \
         latency p50 {:.2} ms, p99 {:.2} ms",
        middle(|run| run.frame),
        middle(|run| run.cpu),
        middle(|run| run.rate),
        middle(|run| run.p50) / 1e6,
        middle(|run| run.p99) / 1e6,
    );
}
