//! The lock of a channel in every order in which its threads can take it.
//!
//! The files of the seam are compiled here once more, over the locks of a model checker, with
//! a log that has only numbers in it. A reader that waits and is never woken is a deadlock,
//! which the checker finds; that it does is tested as well.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{ops::Range, sync::Arc, task::Waker, time::Duration};

use loom::{sync::Notify, thread};

#[path = "../../sse-runtime/src/channel/seam.rs"]
mod seam;
#[path = "../../sse-runtime/src/channel/slots.rs"]
mod slots;

/// What the seam takes for the locks of the standard library.
mod sync {
    pub(super) use std::sync::PoisonError;

    pub(super) use loom::sync::{Mutex, MutexGuard};
}

use seam::{Hidden, Seam, Wake};
use slots::Slot;

/// Its events are the numbers from 0.
#[derive(Debug, Default)]
struct Log {
    events: usize,
    shown: usize,
    /// As many as leave together.
    batch: usize,
}

impl Hidden for Log {
    type Rest = ();
    type Origin = ();

    fn is_steady((): &()) -> bool {
        true
    }

    fn take_rest(&mut self) {}

    fn show(&mut self) {
        self.shown = self.events;
    }

    fn has_hidden(&self) -> bool {
        self.shown < self.events
    }

    fn is_full(&self) -> bool {
        self.events - self.shown >= self.batch
    }

    fn left_alone(&mut self) {}
}

impl Log {
    /// What was shown after a place.
    fn read(&self, place: &mut usize) -> Option<Range<usize>> {
        let from = *place;
        *place = from.max(self.shown);
        (from < *place).then_some(from..*place)
    }
}

/// No time passes: the timer is put off as often as it can be.
const LINGER: Duration = Duration::from_millis(2);

fn at_no_time() -> Duration {
    Duration::ZERO
}

type Channel = Arc<Seam<Log>>;

fn channel() -> Channel {
    Arc::new(Seam::new(Log { batch: usize::MAX, ..Log::default() }))
}

/// Wakes a thread that waits.
struct Bell(Notify);

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.notify();
    }
}

struct Reader {
    channel: Channel,
    slot: Slot,
    place: usize,
    bell: Arc<Bell>,
    /// Whether it lets go of the lock between reading and waiting.
    is_torn: bool,
}

impl Reader {
    /// Of what comes, or of what comes after an earlier place.
    fn join(channel: &Channel, place: Option<usize>) -> Self {
        let (slot, place) = channel.join(None, |log, _| place.unwrap_or(log.events));
        let bell = Arc::new(Bell(Notify::new()));
        Self { channel: Arc::clone(channel), slot, place, bell, is_torn: false }
    }

    fn poll(&mut self, waker: &Waker) -> Option<Range<usize>> {
        let (slot, place) = (&self.slot, &mut self.place);
        if self.is_torn {
            let found = self.channel.with(|log, _| log.read(place));
            return found.or_else(|| self.channel.poll(slot, waker, at_no_time, |_| None));
        }
        self.channel.poll(slot, waker, at_no_time, |log| log.read(place))
    }

    /// Reads and waits until it has seen so many events of all: each of them once, in order.
    fn reads_up_to(&mut self, count: usize) {
        let mut seen = self.place;
        let waker = Waker::from(Arc::clone(&self.bell));
        while seen < count {
            match self.poll(&waker) {
                Some(events) => {
                    assert_eq!(events.start, seen);
                    seen = events.end;
                }
                None => self.bell.0.wait(),
            }
        }
    }

    fn leave(self) {
        self.channel.leave(&self.slot, |_| {});
    }
}

/// What becomes of a timer that is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    /// There is none: each event leaves at once.
    None,
    /// It rings until there is nothing to show.
    Rings,
    /// Its runtime goes away, before it rings or after it has rung once.
    IsLost,
    IsLostLater,
    /// The same, and nobody notices.
    Vanishes,
}

fn append(channel: &Channel, timer: Timer) -> Wake<()> {
    let linger = (timer != Timer::None).then_some(LINGER);
    channel.append(at_no_time(), linger, |log, _| log.events += 1).1
}

/// Publishes an event as a channel does.
fn publish(channel: &Channel, timer: Timer) {
    let mut wake = append(channel, timer);
    if let Some(started) = wake.take_timer() {
        assert_eq!(started.origin, None, "readers of a model come from nowhere");
        let channel = Arc::clone(channel);
        thread::spawn(move || run(&channel, started.number, timer));
    }
    wake.wake();
}

fn run(channel: &Channel, number: u64, timer: Timer) {
    let ring = || channel.ring(number, at_no_time(), LINGER).map(|(wake, _)| wake.wake());
    match timer {
        Timer::None | Timer::Vanishes => {}
        Timer::Rings => while ring().is_some() {},
        Timer::IsLost => channel.lose_timer(number).wake(),
        Timer::IsLostLater => {
            if ring().is_some() {
                channel.lose_timer(number).wake();
            }
        }
    }
}

/// Runs a model in every order, or in every one with so many preemptions at most: where three
/// threads and the timers that they start take the lock often, all orders would take hours, and
/// what goes wrong with locks goes wrong with two preemptions nearly always.
fn check(preemptions: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let mut checker = loom::model::Builder::new();
    checker.preemption_bound = preemptions;
    checker.check(model);
}

#[test]
fn a_reader_that_waits_is_woken_for_each_event() {
    check(None, || {
        let channel = channel();
        let mut reader = Reader::join(&channel, None);
        let publisher = {
            let channel = Arc::clone(&channel);
            thread::spawn(move || (0..3).for_each(|_| publish(&channel, Timer::None)))
        };
        reader.reads_up_to(3);
        publisher.join().unwrap();
    });
}

/// A store has begun the log anew: everybody has to look, whether the timer runs or not.
#[test]
fn a_log_that_changes_under_its_readers_wakes_them() {
    check(None, || {
        let channel = channel();
        let mut reader = Reader::join(&channel, None);
        let changing = Arc::clone(&channel);
        let thread = thread::spawn(move || {
            publish(&changing, Timer::Rings);
            changing.change(|log| log.events += 1).wake();
        });
        reader.reads_up_to(2);
        thread.join().unwrap();
    });
}

#[test]
fn two_publishers_and_nothing_is_lost() {
    check(Some(3), || {
        let channel = channel();
        let mut reader = Reader::join(&channel, None);
        let publishers = [(); 2].map(|()| {
            let channel = Arc::clone(&channel);
            thread::spawn(move || (0..2).for_each(|_| publish(&channel, Timer::None)))
        });
        reader.reads_up_to(4);
        publishers.into_iter().for_each(|publisher| publisher.join().unwrap());
    });
}

#[test]
fn whoever_joins_meanwhile_sees_everything_after_its_place_once() {
    for timer in [Timer::None, Timer::Rings] {
        for place in [None, Some(0)] {
            check(None, move || {
                let channel = channel();
                let publisher = {
                    let channel = Arc::clone(&channel);
                    thread::spawn(move || (0..2).for_each(|_| publish(&channel, timer)))
                };
                let mut reader = Reader::join(&channel, place);
                reader.reads_up_to(2);
                publisher.join().unwrap();
            });
        }
    }
}

#[test]
fn nothing_stays_hidden_whatever_becomes_of_the_timer() {
    for timer in [Timer::Rings, Timer::IsLost, Timer::IsLostLater] {
        check(Some(3), move || {
            let channel = channel();
            let mut reader = Reader::join(&channel, None);
            let publisher = {
                let channel = Arc::clone(&channel);
                thread::spawn(move || (0..3).for_each(|_| publish(&channel, timer)))
            };
            reader.reads_up_to(3);
            publisher.join().unwrap();
        });
    }
}

#[test]
fn a_whole_batch_does_not_wait_for_the_timer() {
    check(None, || {
        let channel = Arc::new(Seam::new(Log { batch: 2, ..Log::default() }));
        let mut reader = Reader::join(&channel, None);
        let publisher = {
            let channel = Arc::clone(&channel);
            // The first leaves at once, and no timer comes for the two after it.
            thread::spawn(move || (0..3).for_each(|_| publish(&channel, Timer::Vanishes)))
        };
        reader.reads_up_to(3);
        publisher.join().unwrap();
    });
}

#[test]
fn one_of_two_leaves_and_its_place_is_taken_again() {
    for timer in [Timer::None, Timer::Rings] {
        check(Some(2), move || {
            let channel = channel();
            let mut stays = Reader::join(&channel, None);
            let leaves = Reader::join(&channel, None);
            let other = {
                let channel = Arc::clone(&channel);
                thread::spawn(move || {
                    let mut leaves = leaves;
                    leaves.reads_up_to(1);
                    leaves.leave();
                    // Whoever comes has no waker of the one before.
                    Reader::join(&channel, Some(1)).reads_up_to(2);
                })
            };
            publish(&channel, timer);
            publish(&channel, timer);
            stays.reads_up_to(2);
            other.join().unwrap();
        });
    }
}

#[test]
fn what_came_while_nobody_listened_is_there_for_whoever_comes_back() {
    for timer in [Timer::None, Timer::Rings, Timer::IsLost] {
        check(Some(3), move || {
            let channel = channel();
            let mut reader = Reader::join(&channel, None);
            let publisher = {
                let channel = Arc::clone(&channel);
                thread::spawn(move || (0..3).for_each(|_| publish(&channel, timer)))
            };
            reader.reads_up_to(1);
            let place = reader.place;
            reader.leave();
            Reader::join(&channel, Some(place)).reads_up_to(3);
            publisher.join().unwrap();
        });
    }
}

#[test]
fn once_the_timer_is_over_the_next_event_leaves_at_once() {
    check(None, || {
        let channel = channel();
        let _listens = Reader::join(&channel, None);
        let timer = {
            let mut wake = append(&channel, Timer::Rings);
            let number = wake.take_timer().unwrap().number;
            wake.wake();
            let channel = Arc::clone(&channel);
            thread::spawn(move || run(&channel, number, Timer::Rings))
        };
        let mut wake = append(&channel, Timer::Rings);
        let is_another = wake.take_timer().is_some();
        wake.wake();
        timer.join().unwrap();
        channel.with(|log, _| assert!(!log.has_hidden()));
        if !is_another {
            let mut wake = append(&channel, Timer::Rings);
            assert!(wake.take_timer().is_some());
            wake.wake();
            channel.with(|log, _| assert!(!log.has_hidden()));
        }
    });
}

/// Whether the models above could fail.
mod the_models {
    use super::*;

    #[test]
    #[should_panic(expected = "deadlock")]
    fn find_a_wake_up_that_is_lost_between_reading_and_waiting() {
        check(None, || {
            let channel = channel();
            let mut reader = Reader::join(&channel, None);
            reader.is_torn = true;
            let publisher = {
                let channel = Arc::clone(&channel);
                thread::spawn(move || publish(&channel, Timer::None))
            };
            reader.reads_up_to(1);
            publisher.join().unwrap();
        });
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn find_what_stays_hidden_when_a_timer_vanishes() {
        check(None, || {
            let channel = channel();
            let mut reader = Reader::join(&channel, None);
            let publisher = {
                let channel = Arc::clone(&channel);
                thread::spawn(move || (0..2).for_each(|_| publish(&channel, Timer::Vanishes)))
            };
            reader.reads_up_to(2);
            publisher.join().unwrap();
        });
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn find_a_publisher_that_wakes_before_it_appends() {
        check(None, || {
            let channel = channel();
            let mut reader = Reader::join(&channel, None);
            let publisher = {
                let channel = Arc::clone(&channel);
                thread::spawn(move || {
                    channel.lose_timer(0).wake();
                    channel.with(|log, _| {
                        log.events += 1;
                        log.show();
                    });
                })
            };
            reader.reads_up_to(1);
            publisher.join().unwrap();
        });
    }
}
