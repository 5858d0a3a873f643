//! A program that reads a stream and notes what it goes through, for the checker to judge.

use std::time::Duration;

use sse_runtime::{
    Missed, Position, Resumed,
    client::{Client, EventSource, Item, LastEventId, Opened, Received, StreamError},
};
use sse_tests::checker::{Step, Value};
use tokio::{sync::watch, time::timeout};

use crate::shop::{Log, OrderEvent, Shop, ShopEvent};

/// What has not come by then never comes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Reader {
    pub(crate) events: EventSource<ShopEvent>,
    /// A position of each log, to know its own by.
    logs: [Position; 2],
    /// What it went through in each of them.
    pub(crate) steps: [Vec<Step>; 2],
    /// What each connection said of the position.
    pub(crate) resumed: Vec<Resumed>,
    /// The events that have no position, each with how many others had come before.
    pub(crate) viewed: Vec<(u32, usize)>,
}

impl Reader {
    /// A stream from the position, and without one from now on.
    pub(crate) fn new(client: &Client, url: &str, shop: &Shop, from: Option<Position>) -> Self {
        let from = from.map(LastEventId::from);
        let request = client.request::<ShopEvent>(url).last_event_id(from);
        Self {
            events: request.subscribe().expect("a good request"),
            logs: shop.heads(),
            steps: Default::default(),
            resumed: Vec::new(),
            viewed: Vec::new(),
        }
    }

    /// Reads until it has everything up to these heads, which may be known only later. Dropping
    /// a read that is not ready loses nothing, and so the two may race.
    pub(crate) async fn read_to(&mut self, mut heads: watch::Receiver<Option<[Position; 2]>>) {
        loop {
            let known = *heads.borrow_and_update();
            if known.is_some_and(|heads| self.has_reached(&heads)) {
                return;
            }
            tokio::select! {
                changed = heads.changed() => changed.expect("the storm goes on"),
                item = self.events.next() => self.note(item),
            }
        }
    }

    /// Reads until it is so.
    pub(crate) async fn read_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            let item = timeout(PATIENCE, self.events.next()).await;
            let item = item.unwrap_or_else(|_| panic!("{self:?} waits for what never comes"));
            self.note(item);
        }
    }

    /// What was handed out, of both logs; within each in the order in which it was.
    pub(crate) fn delivered(&self, log: Log) -> Vec<(Position, Value)> {
        let delivered = |step: &Step| match step {
            Step::Delivered(position, value) => Some((*position, *value)),
            _ => None,
        };
        self.steps[log as usize].iter().filter_map(delivered).collect()
    }

    /// Every connection but the first went on exactly where the one before had ended.
    #[track_caller]
    pub(crate) fn assert_always_exact(&self, first: Resumed) {
        assert_eq!(self.resumed.first(), Some(&first));
        let later = &self.resumed[1..];
        assert!(later.iter().all(|resumed| *resumed == Resumed::Exact), "{later:?}");
    }

    fn note(&mut self, item: Option<Result<Item<ShopEvent>, StreamError>>) {
        match item.expect("no end") {
            Ok(Item::Event(received)) => self.receive(&received),
            Ok(Item::Opened(opened)) => self.open(&opened),
            Err(StreamError::Gap(gap)) => self.open(&gap.opened),
            other => panic!("{other:?}"),
        }
    }

    fn open(&mut self, opened: &Opened) {
        self.resumed.push(opened.resumed);
        let whole = (&opened.sources, opened.resumed);
        let channels = opened.channels.iter().map(|channel| (&channel.sources, channel.resumed));
        for (sources, resumed) in std::iter::once(whole).chain(channels) {
            // What is said of two of them together is said of each as well.
            if let ([source], Resumed::Gap { missed }) = (sources.as_slice(), resumed) {
                let log = if source == "host" { Log::Host } else { Log::Orders };
                self.steps[log as usize].push(Step::Told(Missed::Gap { missed }));
            }
        }
        for position in self.positions() {
            let log = self.log(position);
            self.steps[log as usize].push(Step::Stands(position));
        }
    }

    fn receive(&mut self, received: &Received<ShopEvent>) {
        assert_eq!(received.refused_id, None);
        let Some(value) = received.event.value() else {
            assert_eq!((&received.id, received.position), (&None, None));
            if let ShopEvent::Orders(OrderEvent::Viewed(number)) = received.event {
                let before = self.delivered(Log::Orders).len();
                self.viewed.push((number, before));
            }
            return;
        };
        // Whatever is stored after this event goes on behind it, and never before.
        assert_eq!(self.events.last_event_id(), received.id.as_ref());
        let log = match received.event {
            ShopEvent::Orders(_) => Log::Orders,
            ShopEvent::Host(_) => Log::Host,
        };
        let position = self.at(log).expect("a position in its log");
        self.steps[log as usize].push(Step::Delivered(position, value));
    }

    fn has_reached(&self, heads: &[Position; 2]) -> bool {
        let positions = self.positions();
        let behind = |position: &Position| {
            heads.iter().any(|head| head.is_same_log(position) && position.seq() < head.seq())
        };
        !positions.is_empty() && !positions.iter().any(behind)
    }

    fn at(&self, log: Log) -> Option<Position> {
        let own = self.logs[log as usize];
        self.positions().into_iter().find(|position| own.is_same_log(position))
    }

    #[track_caller]
    fn log(&self, position: Position) -> Log {
        let [orders, host] = self.logs;
        if orders.is_same_log(&position) {
            return Log::Orders;
        }
        assert!(host.is_same_log(&position), "{position:?} is of another log");
        Log::Host
    }

    /// Where it stands, in one log or in both.
    fn positions(&self) -> Vec<Position> {
        let Some(id) = self.events.last_event_id() else { return Vec::new() };
        let digits = id.as_str().strip_prefix("evt_").expect("an id of ours");
        let parts = digits.as_bytes().chunks(24).map(|part| str::from_utf8(part).expect("ASCII"));
        parts.map(|part| format!("evt_{part}").parse().expect("a position")).collect()
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let last = self.steps.each_ref().map(|steps| steps.last());
        f.debug_struct("Reader").field("resumed", &self.resumed).field("last", &last).finish()
    }
}
