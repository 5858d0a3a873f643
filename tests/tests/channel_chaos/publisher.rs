//! A publisher that is refused, repeats itself, and does not always wait for its answer.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use sse_runtime::{PublishError, Published};
use sse_tests::checker::{Op, Value};
use tokio::{
    task::{JoinSet, yield_now},
    time::sleep,
};

use crate::event::{Chaos, ChaosEvent};

pub(crate) struct Publisher {
    channel: Chaos,
    publisher: u32,
    /// The number of the event that comes next.
    number: u32,
    random: Rng,
    /// Events with an id of their own that are published.
    signed: Vec<u32>,
    /// What is not waited for any more.
    given_up: JoinSet<()>,
    ops: Vec<Op>,
}

impl Publisher {
    pub(crate) fn new(channel: &Chaos, publisher: u32) -> Self {
        Self {
            channel: channel.clone(),
            publisher,
            number: 0,
            random: Rng::with_seed(publisher.into()),
            signed: Vec::new(),
            given_up: JoinSet::new(),
            ops: Vec::new(),
        }
    }

    pub(crate) async fn run(mut self, stop: Arc<AtomicBool>) -> Vec<Op> {
        while !stop.load(Ordering::Relaxed) {
            self.publish_one().await;
            if self.number.is_multiple_of(5) {
                let whispered = ChaosEvent::Whispered(self.number);
                self.channel.publish(&whispered).await.expect("published");
            }
            self.number += 1;
            // The readers are to keep up, mostly.
            sleep(Duration::from_millis(1)).await;
        }
        // What was given up may still be on its way.
        while self.given_up.join_next().await.is_some() {}
        self.ops
    }

    async fn publish_one(&mut self) {
        let (publisher, number) = (self.publisher, self.number);
        let said = ChaosEvent::said(publisher, number);
        match self.random.u8(..16) {
            0 => {
                let refused = self.publish(&ChaosEvent::too_large(publisher, number)).await;
                assert!(matches!(refused, Err(PublishError::TooLarge { .. })), "{refused:?}");
            }
            1 => self.reuse().await,
            2 => self.repeat().await,
            3 => self.retry().await,
            4 => self.give_up(said).await,
            5 => self.never_begin(&said),
            6..=8 => self.sign().await,
            _ => drop(self.publish(&said).await.expect("published")),
        }
    }

    async fn publish(&mut self, event: &ChaosEvent) -> Result<Published, PublishError> {
        let value = value(event);
        self.ops.push(Op::Invoke(value));
        let answer = self.channel.publish(event).await;
        self.ops.push(match &answer {
            Ok(published) => Op::Ok(value, published.position),
            Err(_) => Op::Fail(value),
        });
        answer
    }

    async fn sign(&mut self) {
        let signed = ChaosEvent::signed(self.publisher, self.number, self.number);
        let published = self.publish(&signed).await.expect("published");
        assert!(!published.duplicate, "{published:?}");
        self.signed.push(self.number);
    }

    /// Publishes an event again. It is there already.
    async fn repeat(&mut self) {
        let Some(number) = self.random.choice(self.signed.iter().copied()) else { return };
        let again = ChaosEvent::signed(self.publisher, number, number);
        let published = self.publish(&again).await.expect("published");
        assert!(published.duplicate, "{published:?}");
    }

    /// Publishes another event with the id of one that is there.
    async fn reuse(&mut self) {
        let Some(signs) = self.random.choice(self.signed.iter().copied()) else { return };
        let reused = ChaosEvent::signed(self.publisher, self.number, signs);
        let refused = self.publish(&reused).await;
        assert!(matches!(refused, Err(PublishError::IdReused { .. })), "{refused:?}");
    }

    /// Publishes again what nobody knows of: it may be there, or be on its way at this moment.
    async fn retry(&mut self) {
        let signed = ChaosEvent::signed(self.publisher, self.number, self.number);
        self.give_up(signed.clone()).await;
        self.publish(&signed).await.expect("published");
        self.signed.push(self.number);
    }

    /// Drops the future of a publish at any moment. In memory there is nothing to wait for, and
    /// so the answer is held back, as that of a store would be that is slow or gone: whether the
    /// event is there by then is for the scheduler to say.
    async fn give_up(&mut self, event: ChaosEvent) {
        let (channel, value) = (self.channel.clone(), value(&event));
        self.ops.push(Op::Invoke(value));
        let answer = self.given_up.spawn(async move {
            channel.publish(&event).await.expect("published");
            pending::<()>().await;
        });
        for _ in 0..self.random.u8(..3) {
            yield_now().await;
        }
        answer.abort();
        self.ops.push(Op::Unknown(value));
    }

    /// Drops a future that was never polled. It is promised to have published nothing.
    fn never_begin(&mut self, event: &ChaosEvent) {
        let value = value(event);
        self.ops.push(Op::Invoke(value));
        drop(self.channel.publish(event));
        self.ops.push(Op::Fail(value));
    }
}

fn value(event: &ChaosEvent) -> Value {
    event.value().expect("a value")
}
