//! A storm of events: gusts, in which readers join, and after each a calm, in which all of them
//! must come to its end.

use std::{
    array,
    collections::VecDeque,
    hint::spin_loop,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use sse_runtime::{Channel, Position, SseEvent};
use sse_tests::random::Random;
use tokio::{sync::Semaphore, time::sleep};

/// How many events there are a second, at least.
pub(crate) const RATE: u64 = 10_000;
/// What it is driven to, so that what lies between two looks at the clock does not matter.
const DRIVEN: u64 = RATE + RATE / 2;
pub(crate) const READERS: usize = 40;
/// How many joins there are in a gust.
const JOINS: usize = 20;
/// How many events there are in one, at most, unless the joins take longer.
const GUST: usize = 256;
/// The time between two events: as short as an event takes, and long enough for some readers to
/// join in it.
const PAUSE: Duration = Duration::from_micros(5);
/// For how many looks a reader waits for an event. Where nothing runs beside it, none comes.
const MOMENT: usize = 1_000;
/// How many positions there are to come back to.
const POSITIONS: usize = 2_000;

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "storm")]
pub(crate) enum StormEvent {
    Gust(u32),
    #[sse(ephemeral)]
    Lull(u32),
}

pub(crate) struct Storm {
    pub(crate) channel: Channel<StormEvent>,
    pub(crate) began: Instant,
    /// What was published last, for whoever wants to come back to it.
    positions: Mutex<VecDeque<Position>>,
    /// Who may join.
    joins: Semaphore,
    /// The last event of each reader that reads; that of the others is far away.
    readers: [AtomicU64; READERS],
    is_over: AtomicBool,
}

/// Where readers stand that do not read.
const AWAY: u64 = u64::MAX;

impl Storm {
    pub(crate) fn new(channel: Channel<StormEvent>) -> Self {
        Self {
            channel,
            began: Instant::now(),
            positions: Mutex::default(),
            joins: Semaphore::new(0),
            readers: array::from_fn(|_| AtomicU64::new(AWAY)),
            is_over: AtomicBool::new(false),
        }
    }

    /// Publishes, on a thread of its own, and gives how many gusts there were.
    ///
    /// Readers join in gusts alone, so many in each, and a gust does not end before they have
    /// joined and there were as many events as there must be by then: a machine that is slow has
    /// fewer gusts a second, and each of them is the same.
    ///
    /// In a storm a reader that is not woken is woken by the next event, and nobody sees it. So
    /// each gust is followed by a calm, until all who read have everything.
    pub(crate) fn rage(&self) -> usize {
        let (mut random, mut count, mut gusts) = (Random::new(0), 0, 0);
        while !self.is_over() {
            self.joins.add_permits(JOINS);
            let least = count + u32::try_from(random.below(GUST)).unwrap();
            while count < least || self.joins.available_permits() > 0 && !self.is_over() {
                self.publish(count);
                count += 1;
                let until = Instant::now() + PAUSE;
                while Instant::now() < until {
                    spin_loop();
                }
            }
            while self.rate() < DRIVEN as f64 {
                self.publish(count);
                count += 1;
            }
            self.calm();
            gusts += 1;
        }
        gusts
    }

    fn publish(&self, count: u32) {
        let gust = self.channel.publish(&StormEvent::Gust(count)).now_or_never();
        let published = gust.expect("done at once").unwrap();
        let mut positions = self.positions.lock().unwrap();
        positions.push_back(published.position);
        if positions.len() > POSITIONS {
            positions.pop_front();
        }
        drop(positions);
        if count.is_multiple_of(7) {
            let lull = self.channel.publish(&StormEvent::Lull(count)).now_or_never();
            lull.expect("done at once").unwrap();
        }
    }

    fn calm(&self) {
        let head = self.head();
        while self.readers.iter().any(|last| last.load(Relaxed) < head) && !self.is_over() {
            thread::sleep(Duration::from_micros(50));
        }
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    pub(crate) fn ends(&self) {
        self.is_over.store(true, Relaxed);
    }

    /// How many events there are.
    pub(crate) fn head(&self) -> u64 {
        self.channel.position().seq()
    }

    /// How many events there were a second.
    pub(crate) fn rate(&self) -> f64 {
        self.head() as f64 / self.began.elapsed().as_secs_f64()
    }

    /// Waits until one more may join, and for a moment at which an event has just come: the next
    /// is as near as can be.
    pub(crate) async fn lets_join(&self) {
        self.joins.acquire().await.unwrap().forget();
        let head = self.head();
        for _ in 0..MOMENT {
            if self.head() > head {
                return;
            }
            spin_loop();
        }
    }

    /// Waits for an event after these.
    pub(crate) async fn goes_on(&self, head: u64) {
        while self.head() <= head {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// A reader has the events up to this one, and is due all others.
    pub(crate) fn reads(&self, reader: usize, last: u64) {
        self.readers[reader].store(last, Relaxed);
    }

    pub(crate) fn leaves(&self, reader: usize) {
        self.reads(reader, AWAY);
    }

    /// One to come back to: most come back soon, and some late.
    pub(crate) fn some_position(&self, random: &mut Random) -> Option<Position> {
        let positions = self.positions.lock().unwrap();
        let most = if random.below(50) == 0 { POSITIONS } else { 50 };
        let back = random.below(most.min(positions.len()).max(1));
        positions.iter().rev().nth(back).copied()
    }
}
