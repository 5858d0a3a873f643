//! A publisher that notes what it is answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sse_tests::checker::Op;
use tokio::time::sleep;

use crate::event::{Chaos, ChaosEvent};

pub(crate) struct Publisher {
    channel: Chaos,
    publisher: u32,
    /// The number of the event that comes next.
    number: u32,
    ops: Vec<Op>,
}

impl Publisher {
    pub(crate) fn new(channel: &Chaos, publisher: u32) -> Self {
        Self { channel: channel.clone(), publisher, number: 0, ops: Vec::new() }
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
        self.ops
    }

    async fn publish_one(&mut self) {
        let said = ChaosEvent::said(self.publisher, self.number);
        let value = said.value().expect("a value");
        self.ops.push(Op::Invoke(value));
        let published = self.channel.publish(&said).await.expect("published");
        self.ops.push(Op::Ok(value, published.position));
    }
}
