//! Whether a store keeps the rules of one.

use std::{fmt, sync::Arc, time::Duration};

use super::follow::{Open, event, name, with_id};
use crate::{
    log::store::{LogState, Retention, Store, StoreError, StoredEvent},
    position::Position,
};

/// What a store does that no store may.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreFault {
    /// The number of the rule, in the list at [`Store`].
    pub rule: u8,
    /// What it did.
    pub what: String,
}

impl fmt::Display for StoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} of a store: {}", self.rule, self.what)
    }
}

impl std::error::Error for StoreFault {}

type Checked = Result<(), StoreFault>;

pub(super) fn fault<T>(rule: u8, what: impl fmt::Display) -> Result<T, StoreFault> {
    Err(StoreFault { rule, what: what.to_string() })
}

fn ensure(is_so: bool, rule: u8, what: impl fmt::Display) -> Checked {
    if is_so { Ok(()) } else { fault(rule, what) }
}

/// Holds a store against the rules that are written at [`Store`], as far as that can be done
/// from outside: every backend of this crate passes, and yours should.
///
/// `open` gives the store. It is called again where a restart matters: after the first was
/// dropped, a store that outlives its process gives one with everything that was acknowledged.
/// (One that lives in memory gives itself again.) What survives a crash or a lost replica only
/// you can test: kill what has to be killed. The logs that it makes are called `check-` and a
/// random number.
///
/// ```
/// use std::sync::Arc;
/// use sse_runtime::testing::{MemoryStore, check_store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// check_store(async || Ok(Arc::new(store.clone()) as _)).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`StoreFault`]: the first rule that is broken, and how.
pub async fn check_store(
    open: impl AsyncFn() -> Result<Arc<dyn Store>, StoreError>,
) -> Result<(), StoreFault> {
    let store = opened(&open).await?;
    check_order(&*store).await?;
    check_many_publishers(&*store).await?;
    check_ids(&*store).await?;
    check_end(&*store).await?;
    check_bounds(&*store).await?;
    check_pages(&*store).await?;
    check_two_who_follow(&*store).await?;
    check_epochs(&*store).await?;
    check_restart(&open, store).await
}

async fn opened(
    open: &impl AsyncFn() -> Result<Arc<dyn Store>, StoreError>,
) -> Result<Arc<dyn Store>, StoreFault> {
    match open().await {
        Ok(store) => Ok(store),
        Err(error) => fault(2, format_args!("it does not open: {error}")),
    }
}

async fn check_order(store: &dyn Store) -> Checked {
    let open = Open::fresh(store, Retention::everything()).await?;
    let LogState { head, before, .. } = open.begun;
    ensure(head.seq() == 0 && head == before, 1, format_args!("a new log begins at {head}"))?;
    for number in 1..=20_u32 {
        let appended = open.append(event(number)).await?;
        let expected = Position::new(head.epoch(), number.into(), 1_000 + number);
        let is_next = appended.position == expected && !appended.duplicate;
        ensure(is_next, 1, format_args!("{appended:?} where {expected} comes"))?;
        let told = open.listener.told().clone();
        let is_shown = told.events.last() == Some(&StoredEvent::new(expected, event(number)));
        ensure(is_shown, 3, format_args!("{expected} is acknowledged, and not shown as it was"))?;
        ensure(told.events.len() == appended.position.seq() as usize, 3, "an event came twice")?;
    }
    ensure(open.listener.told().restarts == 0, 5, "a restart is told, and nothing was lost")
}

async fn check_many_publishers(store: &dyn Store) -> Checked {
    let open = Open::fresh(store, Retention::everything()).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for publisher in 0..8_u32 {
        let log = Arc::clone(&open.log);
        tasks.spawn(async move {
            let mut positions = Vec::new();
            for number in 0..25 {
                positions.push(log.append(event(publisher * 100 + number)).await?.position.seq());
            }
            Ok::<_, StoreError>(positions)
        });
    }
    let mut given = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        let Ok(Ok(positions)) = joined else { return fault(2, "a publisher of eight failed") };
        let is_upwards = positions.is_sorted();
        ensure(is_upwards, 1, "the events of one publisher do not stand in its order")?;
        given.extend(positions);
    }
    given.sort_unstable();
    ensure(given == (1..=200).collect::<Vec<u64>>(), 1, "a number is left out or given twice")?;
    let shown = open.listener.told().events.clone();
    let shown: Vec<u64> = shown.iter().map(|event| event.position.seq()).collect();
    ensure(shown == (1..=200).collect::<Vec<u64>>(), 3, format_args!("shown is {shown:?}"))
}

async fn check_ids(store: &dyn Store) -> Checked {
    let open = Open::fresh(store, Retention::everything()).await?;
    let first = open.append(with_id(1, 1)).await?;
    let other = open.append(with_id(2, 2)).await?;
    for _ in 0..3 {
        let mut again = with_id(1, 1);
        // Only what readers see makes the content.
        (again.tag, again.at) = (7, again.at + 9);
        let again = open.append(again).await?;
        let is_same = again.duplicate && again.position == first.position;
        ensure(is_same, 4, format_args!("an event that came again is {again:?}"))?;
    }
    let reused = open.log.append(with_id(3, 2)).await;
    let is_told = reused == Err(StoreError::IdReused(other.position));
    ensure(is_told, 4, format_args!("an id with other content is {reused:?}"))?;
    let shown = open.listener.told().events.len();
    ensure(shown == 2, 4, format_args!("{shown} events are shown of two with ids"))?;

    // An id outlives its event, for a while.
    let mut keep = Retention::everything();
    (keep.events, keep.ids) = (1, 3);
    let open = Open::fresh(store, keep).await?;
    let first = open.append(with_id(1, 1)).await?;
    open.append(with_id(2, 2)).await?;
    let again = open.append(with_id(1, 1)).await?;
    ensure(again.duplicate && again.position == first.position, 4, "an id went with its event")?;
    open.append(with_id(3, 3)).await?;
    let one_more = open.log.append(with_id(4, 4)).await;
    let is_told = one_more == Err(StoreError::TooManyIds);
    ensure(is_told, 4, format_args!("one id more than may be is {one_more:?}"))?;
    // Two minutes later it is no longer known.
    let mut late = with_id(5, 5);
    late.at += 121_000;
    open.append(late).await.map(|_| ())
}

async fn check_end(store: &dyn Store) -> Checked {
    let name = name();
    let open = Open::new(store, &name, Retention::everything()).await?;
    let mut last = with_id(1, 1);
    last.terminal = true;
    let end = open.append(last.clone()).await?;
    let after = open.log.append(event(2)).await;
    ensure(after == Err(StoreError::Ended), 1, format_args!("after the end there is {after:?}"))?;
    let again = open.append(last).await?;
    ensure(again.duplicate && again.position == end.position, 4, "the end came again")?;
    let late = Open::new(store, &name, Retention::everything()).await?;
    ensure(late.begun.ended, 1, "who comes after the end is not told")
}

async fn check_bounds(store: &dyn Store) -> Checked {
    let all = Retention::everything();
    let length = event(1).frame.len() as u64;
    let by = [
        ("events", Retention { events: 5, ..all }),
        ("bytes", Retention { bytes: 5 * length + length / 2, ..all }),
        ("age", Retention { age: Duration::from_millis(5), ..all }),
        ("nothing kept", Retention { events: 0, ..all }),
    ];
    for (what, keep) in by {
        let open = Open::fresh(store, keep).await?;
        // All as long as the first.
        let numbers = (1..=40_u32).map(|number| if what == "bytes" { 1 } else { number });
        for (at, number) in (1..).zip(numbers) {
            let mut event = event(number);
            event.tag = 1_000 + at;
            open.append(event).await?;
        }
        let page = open.read(1, 1_000).await?;
        let kept = if keep.events == 0 { 0 } else { 5 };
        let numbers: Vec<u64> = page.events.iter().map(|event| event.position.seq()).collect();
        let expected: Vec<u64> = (41 - kept..=40).collect();
        ensure(numbers == expected, 2, format_args!("bounded by {what} there is {numbers:?}"))?;
        let before = Position::new(open.begun.head.epoch(), 40 - kept, 1_040 - kept as u32);
        ensure(page.before == before, 5, format_args!("what went ends at {}", page.before))?;
        let told = open.listener.told().before;
        ensure(told == Some(before), 5, format_args!("what went is told to end at {told:?}"))?;
    }
    Ok(())
}

async fn check_pages(store: &dyn Store) -> Checked {
    let open = Open::fresh(store, Retention::everything()).await?;
    let mut expected = Vec::new();
    for number in 1..=30 {
        let appended = open.append(event(number)).await?;
        expected.push(StoredEvent::new(appended.position, event(number)));
    }
    for (from, most) in [(1, 1_000), (1, 30), (1, 7), (11, 5), (29, 9), (30, 1), (31, 5)] {
        let page = open.read(from, most).await?;
        let rest = expected.get(from as usize - 1..).unwrap_or_default();
        let is_right = page.events == rest.get(..most.min(rest.len())).unwrap_or_default();
        ensure(is_right, 7, format_args!("{most} from {from} are {:?}", page.events))?;
        ensure(page.before.seq() == 0, 5, "nothing went, and something is said to be gone")?;
    }
    Ok(())
}

async fn check_two_who_follow(store: &dyn Store) -> Checked {
    let name = name();
    let first = Open::new(store, &name, Retention::everything()).await?;
    for number in 1..=10 {
        first.append(event(number)).await?;
    }
    let second = Open::new(store, &name, Retention::everything()).await?;
    let LogState { head, tail, .. } = &second.begun;
    ensure(head.seq() == 10, 1, format_args!("who comes later is told {head}"))?;
    let is_whole = tail.last().is_none_or(|last| last.position == *head);
    ensure(is_whole && second.begun.is_tail_whole(), 1, "the tail has a hole, or ends early")?;
    for (open, number) in [(&second, 11), (&first, 12), (&second, 13)] {
        open.append(event(number)).await?;
    }
    // Whoever did not publish it may hear of it a little later.
    for (open, count) in [(&first, 13), (&second, 3)] {
        let heard = async {
            while open.listener.told().events.len() < count {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(10), heard).await.is_err() {
            return fault(3, "what one publishes, another who has the log open does not hear");
        }
        let numbers = open.listener.told().events.clone();
        let numbers: Vec<u64> = numbers.iter().map(|event| event.position.seq()).collect();
        let expected: Vec<u64> = (14 - count as u64..=13).collect();
        ensure(numbers == expected, 3, format_args!("one of two hears {numbers:?}"))?;
    }
    Ok(())
}

async fn check_epochs(store: &dyn Store) -> Checked {
    let one = Open::fresh(store, Retention::everything()).await?;
    let other = Open::fresh(store, Retention::everything()).await?;
    ensure(!one.begun.head.is_same_log(&other.begun.head), 5, "two logs have one epoch")?;
    let name = name();
    for expected in [false, true] {
        match store.contains(&name).await {
            Ok(there) => ensure(there == expected, 2, format_args!("`contains` says {there}"))?,
            Err(error) => return fault(2, format_args!("`contains` fails: {error}")),
        }
        Open::new(store, &name, Retention::everything()).await?;
    }
    ensure(store.is_up(), 2, "it works, and says that it is not up")
}

async fn check_restart(
    open: &impl AsyncFn() -> Result<Arc<dyn Store>, StoreError>,
    store: Arc<dyn Store>,
) -> Checked {
    let (name, mut expected) = (name(), Vec::new());
    let before = Open::new(&*store, &name, Retention::everything()).await?;
    for number in 1..=50 {
        let appended = before.append(with_id(number, number.into())).await?;
        expected.push(StoredEvent::new(appended.position, with_id(number, number.into())));
    }
    let head = expected.last().map(|event| event.position);
    drop((before, store));
    let store = opened(open).await?;
    let after = Open::new(&*store, &name, Retention::everything()).await?;
    let stands = after.begun.head;
    ensure(Some(stands) == head, 2, format_args!("after a restart the log stands at {stands}"))?;
    let page = after.read(1, 1_000).await?;
    ensure(page.events == expected, 2, "after a restart not everything is there as it was")?;
    let again = after.append(with_id(7, 7)).await?;
    ensure(again.duplicate && again.position.seq() == 7, 4, "a restart forgets ids")?;
    let next = after.append(event(51)).await?;
    ensure(next.position.seq() == 51, 1, format_args!("after a restart comes {}", next.position))
}
