//! A thousand connections that break, of ten streams on one client at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sse_runtime::{ChannelConfig, Position, Resumed};
use sse_tests::checker::{Finding, History, Op, Step, Value};
use tokio::{select, sync::watch, task::JoinSet, time::sleep};

use crate::{
    line::Line,
    reader::Reader,
    shop::{BOTH, EVEN, Log, ORDERS, Shop, client, is_even},
};

const PUBLISHERS: u32 = 4;
/// What a stall costs.
const PATIENCE: Duration = Duration::from_secs(1);
/// More than are counted: a connection that a busy machine lets the client give up before its
/// fault has its time uses up a plan.
const SPARE: usize = 20;

/// What a publisher was answered, in each log.
type Ops = [Vec<Op>; 2];

/// What came of it.
struct Storm {
    ops: Vec<Ops>,
    heads: [Position; 2],
    readers: Vec<(&'static str, Reader)>,
    broke: usize,
    annoyed: usize,
}

impl Storm {
    /// Lets the connection of each path break so often, while everything is published.
    async fn rage(shop: &Shop, paths: &[&'static str], breaks: usize) -> Self {
        let (client, stop) = (client(PATIENCE), Arc::new(AtomicBool::new(false)));
        let (told, heads) = watch::channel(None);
        let (mut lines, mut readers, mut publishers) = (Vec::new(), JoinSet::new(), JoinSet::new());
        for (number, &path) in (0..).zip(paths) {
            let line = Line::broken(shop, breaks + SPARE, number).await;
            let mut reader = Reader::new(&client, &line.url(path), shop, None);
            let heads = heads.clone();
            readers.spawn(async move {
                reader.read_to(heads).await;
                (path, reader)
            });
            lines.push(line);
        }
        for number in 0..PUBLISHERS {
            publishers.spawn(publish(shop.clone(), number, Arc::clone(&stop)));
        }
        let broken = async {
            while lines.iter().any(|line| line.broke() < breaks) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        select! {
            () = broken => {}
            // Nobody ends before, unless it fails.
            Some(failed) = readers.join_next() => panic!("a reader: {:?}", failed.err()),
            () = sleep(Duration::from_secs(300)) => panic!("not everything breaks"),
        }
        stop.store(true, Ordering::Relaxed);
        let mut ops = publishers.join_all().await;
        // The last one is shown to everybody.
        let (mut last, value) = (Ops::default(), (PUBLISHERS, 0));
        last[Log::Host as usize] = vec![Op::Invoke(value), Op::Ok(value, shop.beat(value).await)];
        last[Log::Orders as usize] =
            vec![Op::Invoke(value), Op::Ok(value, shop.order(value).await)];
        ops.push(last);
        let heads = shop.heads();
        told.send_replace(Some(heads));
        let readers = readers.join_all().await;
        let broke = lines.iter().map(Line::broke).sum();
        Self { ops, heads, readers, broke, annoyed: lines.iter().map(Line::annoyed).sum() }
    }

    /// Everything that happened in a log, but for those that were not shown all of it.
    fn history(&self, log: Log) -> History {
        let mut history = History::default();
        for ops in &self.ops {
            history.publisher(ops[log as usize].iter().copied());
        }
        for (path, reader) in &self.readers {
            if *path == BOTH || *path == ORDERS && log == Log::Orders {
                history.reader(0, reader.steps[log as usize].iter().copied());
            }
        }
        history
    }

    #[track_caller]
    fn assert_right(&self) {
        for log in [Log::Orders, Log::Host] {
            let history = self.history(log);
            println!("{log:?}: {:?}", history.counts());
            let findings = history.check(self.heads[log as usize]);
            let (count, some) = (findings.len(), Finding::one_of_each(&findings));
            assert!(findings.is_empty(), "{log:?}: {count}, the first of each kind {some:#?}");
        }
    }

    /// A filtered stream brings what it shows, all of it and in order.
    #[track_caller]
    fn assert_filtered(&self) {
        let mut published: Vec<(Position, Value)> = Vec::new();
        for op in self.ops.iter().flat_map(|ops| &ops[Log::Orders as usize]) {
            if let Op::Ok(value, position) = op {
                published.push((*position, *value));
            }
        }
        published.sort_by_key(|(position, _)| position.seq());
        for (_, reader) in self.readers.iter().filter(|(path, _)| *path == EVEN) {
            let Some(Step::Stands(begin)) = reader.steps[Log::Orders as usize].first() else {
                panic!("{reader:?} has not begun");
            };
            let is_due = |(position, value): &&(Position, Value)| {
                position.seq() > begin.seq() && is_even(*value)
            };
            let due: Vec<_> = published.iter().filter(is_due).copied().collect();
            assert!(due.len() > 100, "{}", due.len());
            assert!(reader.delivered(Log::Orders) == due, "{reader:?}");
        }
    }

    fn repeats(&self) -> u64 {
        self.readers.iter().map(|(_, reader)| reader.events.repeats()).sum()
    }
}

async fn publish(shop: Shop, publisher: u32, stop: Arc<AtomicBool>) -> Ops {
    let mut ops = Ops::default();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let value = (publisher, number);
        let position = shop.order(value).await;
        ops[Log::Orders as usize].extend([Op::Invoke(value), Op::Ok(value, position)]);
        if number.is_multiple_of(3) {
            let position = shop.beat(value).await;
            ops[Log::Host as usize].extend([Op::Invoke(value), Op::Ok(value, position)]);
        }
        if number.is_multiple_of(5) {
            shop.view(number).await;
        }
        sleep(Duration::from_millis(4)).await;
    }
    ops
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_rounds_lose_and_repeat_nothing() {
    const BREAKS: usize = 100;
    let paths = [ORDERS, BOTH, EVEN, ORDERS, BOTH, EVEN, ORDERS, BOTH, ORDERS, BOTH];
    let storm = Storm::rage(&Shop::keeping_all().await, &paths, BREAKS).await;
    println!("{} broke, {} annoyed, {} repeats", storm.broke, storm.annoyed, storm.repeats());
    assert!(storm.broke >= 1_000, "{} connections broke", storm.broke);
    for (_, reader) in &storm.readers {
        reader.assert_always_exact(Resumed::Fresh);
        // Many broke before they said anything.
        assert!(reader.resumed.len() > BREAKS / 4, "{reader:?}");
    }
    storm.assert_right();
    storm.assert_filtered();
    // Some blocks that came twice were `sse.open`, or had no position.
    let repeats = usize::try_from(storm.repeats()).unwrap();
    assert!(repeats > 100 && repeats < storm.annoyed, "{repeats} of {}", storm.annoyed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_short_history_what_is_lost_is_what_was_told() {
    let shop = Shop::open(ChannelConfig::new().history(60)).await;
    let storm = Storm::rage(&shop, &[ORDERS, BOTH, ORDERS, BOTH, ORDERS, BOTH], 50).await;
    println!("{} broke, {} annoyed, {} repeats", storm.broke, storm.annoyed, storm.repeats());
    assert!(storm.broke >= 300, "{} connections broke", storm.broke);
    storm.assert_right();
    for log in [Log::Orders, Log::Host] {
        assert!(storm.history(log).counts().told > 0, "nobody was away for long enough");
    }
    for (_, reader) in &storm.readers {
        let (first, later) = reader.resumed.split_first().expect("a connection");
        let goes_on = |resumed: &Resumed| matches!(resumed, Resumed::Exact | Resumed::Gap { .. });
        assert!(*first == Resumed::Fresh && later.iter().all(goes_on), "{reader:?}");
    }
}
