//! How long a connection may take for the head of a request, and how long it may be idle.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::{Sleep, Timer};
use tokio::time::{self, Instant};

use super::super::link::Link;

/// The clock that hyper sets while it waits for a head.
///
/// hyper has one time for two things: a connection that is idle between two requests, which is
/// no fault and is to outlive the pools of clients (pitfall P1), and a head that has begun and
/// does not end, which is. This one knows which of the two it is.
pub(super) struct HeadClock<T> {
    link: Arc<Link>,
    times: Arc<T>,
    /// When the first head is due. It was begun before hyper came: by a handshake, or by the
    /// bytes that told the protocol.
    first: Mutex<Option<Instant>>,
}

/// What a head may take. Apart from the clock, which every connection has one of.
pub(super) trait HeadTimes: Send + Sync + 'static {
    /// How long a head may take that has begun.
    fn head(&self) -> Duration;
    /// How long none may begin.
    fn idle(&self) -> Duration;
}

impl<T: HeadTimes> HeadClock<T> {
    pub(super) const fn new(link: Arc<Link>, times: Arc<T>, first: Instant) -> Self {
        Self { link, times, first: Mutex::new(Some(first)) }
    }

    fn wait(&self) -> HeadWait {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        HeadWait {
            reads: first.is_none().then(|| self.link.reads()),
            link: Arc::clone(&self.link),
            head: self.times.head(),
            sleep: Box::pin(time::sleep_until(
                first.unwrap_or_else(|| Instant::now() + self.times.idle()),
            )),
        }
    }
}

impl<T: HeadTimes> Timer for HeadClock<T> {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(self.wait())
    }

    fn sleep_until(&self, _: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(self.wait())
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

struct HeadWait {
    link: Arc<Link>,
    head: Duration,
    /// How often was read before the head began; none once it has.
    reads: Option<u64>,
    sleep: Pin<Box<time::Sleep>>,
}

impl Future for HeadWait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.reads.is_some_and(|reads| reads != this.link.reads()) {
            this.reads = None;
            this.sleep.as_mut().reset(Instant::now() + this.head);
        }
        this.sleep.as_mut().poll(cx)
    }
}

impl Sleep for HeadWait {}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(75);

    struct Times;

    impl HeadTimes for Times {
        fn head(&self) -> Duration {
            Duration::from_secs(10)
        }

        fn idle(&self) -> Duration {
            IDLE
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_waits_longer_than_one_that_has_begun() {
        let link = Arc::new(Link::default());
        let begin = Instant::now();
        let first = begin + Duration::from_secs(4);
        let clock = HeadClock::new(Arc::clone(&link), Arc::new(Times), first);
        let now = clock.now();
        // What is left of the time for the first head.
        clock.sleep_until(now).await;
        assert_eq!(begin.elapsed().as_secs(), 4);
        // Nothing comes.
        let begin = Instant::now();
        clock.sleep_until(now).await;
        assert_eq!(begin.elapsed(), IDLE);
        // A head begins after a minute, and goes on byte for byte.
        let begin = Instant::now();
        let mut wait = clock.sleep_until(now);
        let dribble = async {
            time::sleep(Duration::from_secs(60)).await;
            loop {
                link.has_read();
                time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::pin!(dribble);
        std::future::poll_fn(|cx| {
            let _never = dribble.as_mut().poll(cx);
            wait.as_mut().poll(cx)
        })
        .await;
        assert_eq!(begin.elapsed().as_secs(), 70);
    }
}
