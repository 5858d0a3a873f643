//! A reader that notes what it goes through.

use std::time::Duration;

use fastrand::Rng;
use sse_runtime::{
    Missed, Position, Resumed,
    testing::{TestError, TestReader, TestRequest},
};
use sse_tests::checker::Step;
use tokio::time::timeout;

use crate::event::ChaosEvent;

/// What has not come by then never comes: nothing takes a thousandth of it, and a busy machine
/// may take its time.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Reader {
    reader: TestReader,
    pub(crate) steps: Vec<Step>,
}

impl Reader {
    pub(crate) async fn connect(request: TestRequest) -> Self {
        Self { reader: request.connect().await.expect("a stream"), steps: Vec::new() }
    }

    pub(crate) async fn reconnect(self) -> Self {
        let reader = self.reader.reconnect().await.expect("a stream");
        Self { reader, ..self }
    }

    /// On a connection that breaks, after it has dribbled and repeated itself, perhaps.
    pub(crate) async fn reconnect_broken(self, random: &mut Rng) -> Self {
        let byte = random.u64(..12_000);
        let (dribbles, repeats, at) = (random.u8(..8) == 0, random.bool(), random.u64(..byte + 1));
        let faults = move |request: TestRequest| {
            let request = request.cut_at(byte);
            let request = if dribbles { request.dribble() } else { request };
            if repeats { request.repeat_at(at) } else { request }
        };
        let reader = self.reader.reconnect_with(faults).await.expect("a stream");
        Self { reader, ..self }
    }

    pub(crate) fn cut(&mut self) {
        self.reader.cut();
    }

    /// Notes what a new connection says of the position; none if it breaks before.
    pub(crate) async fn open(&mut self) -> Option<Resumed> {
        let resumed = self.reader.opened().await.ok()?.resumed;
        match resumed {
            Resumed::Fresh | Resumed::Exact => {}
            Resumed::Gap { missed } => self.steps.push(Step::Told(Missed::Gap { missed })),
            Resumed::Reset(reason) => self.steps.push(Step::Told(Missed::Reset(reason))),
        }
        self.stands();
        Some(resumed)
    }

    /// Reads until the connection breaks, or everything up to `until` has come. Says whether
    /// one of them happened: what is missing is noted by not being there.
    pub(crate) async fn read(&mut self, until: impl Fn() -> Option<Position>) -> bool {
        timeout(PATIENCE, self.read_on(until)).await.is_ok()
    }

    async fn read_on(&mut self, until: impl Fn() -> Option<Position>) {
        while until().is_none_or(|until| !self.has_reached(until)) {
            match self.reader.next::<ChaosEvent>().await {
                Ok(got) => {
                    let Some(value) = got.event.value() else { continue };
                    assert!(got.event.is_whole(), "{got:?}");
                    self.steps.push(Step::Delivered(got.position.expect("a position"), value));
                }
                Err(TestError::Missed(missed)) => {
                    self.steps.push(Step::Told(missed));
                    self.stands();
                }
                Err(TestError::Cut) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn has_reached(&self, until: Position) -> bool {
        self.at().is_some_and(|at| at.seq() >= until.seq())
    }

    fn stands(&mut self) {
        self.steps.extend(self.at().map(Step::Stands));
    }

    fn at(&self) -> Option<Position> {
        self.reader.last_event_id().and_then(|id| Position::try_from(id).ok())
    }

    /// Notes where it stands before anybody tells it.
    pub(crate) fn stands_at(&mut self, position: Position) {
        self.steps.push(Step::Stands(position));
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.reader.bytes()
    }

    pub(crate) fn repeats(&self) -> u64 {
        self.reader.repeats()
    }
}
