//! Follows the tails of the shards, over one connection.

use std::{sync::Arc, time::Duration};

use redis::{FromRedisValue, Value, aio::MultiplexedConnection, cmd};
use tokio::time::Instant;

use super::{
    error::Fault,
    keys,
    link::Ask,
    log::Taken,
    shards::Read,
    store::Shared,
    tail::{Entry, News},
};

/// For how long the server waits for something to say.
const BLOCK: Duration = Duration::from_secs(2);
/// How much longer an answer may take before the connection counts as broken.
const GRACE: Duration = Duration::from_secs(3);
/// How many entries come at once for each shard.
const COUNT: usize = 256;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long what comes is gathered where nobody else publishes.
const OWN: Duration = Duration::from_millis(1);
/// How often every open log is looked at, should something have gone without a word: emptied by
/// hand, or lost behind a proxy that hides it.
const LOOK_AT_ALL: Duration = Duration::from_secs(5 * 60);
/// How often the server is asked whether it is there, where nothing is open.
const PING: Duration = Duration::from_secs(5);

/// Entries of the tails: for each key those that came, each with its fields.
type Came = Vec<(String, Vec<(String, Vec<Vec<u8>>)>)>;

/// Runs until the store is dropped, which ends it.
pub(super) async fn follow(shared: Arc<Shared>) {
    let mut pause = FIRST_PAUSE;
    let mut looked = Some(Instant::now());
    loop {
        match follow_once(&shared, &mut looked).await {
            // One more shard, or none.
            Ok(()) => pause = FIRST_PAUSE,
            Err(Failed { fault, has_worked }) => {
                shared.link.is_gone(&fault);
                if has_worked {
                    pause = FIRST_PAUSE;
                }
                // Whatever it was, the next connection begins with a look at everything.
                looked = None;
                // Where many have lost the same server, all need not come back at once.
                tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

struct Failed {
    fault: Fault,
    has_worked: bool,
}

/// Follows over one connection, until it breaks or there is one more tail to follow.
async fn follow_once(shared: &Arc<Shared>, looked: &mut Option<Instant>) -> Result<(), Failed> {
    let failed = |fault| Failed { fault, has_worked: false };
    let mut grown = shared.shards.grown();
    if shared.shards.followed().is_empty() {
        if tokio::time::timeout(PING, grown.changed()).await.is_err() {
            shared.link.ask::<()>(Ask::Command(&cmd("PING"))).await.map_err(failed)?;
        }
        return Ok(());
    }
    let mut connection = shared.link.patient_connection().await.map_err(failed)?;
    if looked.is_none() {
        go_back(shared, &mut connection).await.map_err(failed)?;
    }
    let mut has_worked = false;
    loop {
        let tails = shared.shards.followed();
        if tails.is_empty() {
            return Ok(());
        }
        // Not before the server answers: one that reads its files would fail for each log.
        if looked.is_none() && has_worked || looked.is_some_and(|at| at.elapsed() > LOOK_AT_ALL) {
            *looked = Some(Instant::now());
            shared.look_at(None);
        }
        // At once, where what comes next is to look at everything.
        let block = if looked.is_none() { Duration::from_millis(1) } else { BLOCK };
        let came = tokio::select! {
            biased;
            came = read(shared, &mut connection, &tails, block) => came,
            // The connection goes, and with it the question that waits on the server.
            _ = grown.changed() => return Ok(()),
        };
        let came = came.map_err(|fault| Failed { fault, has_worked })?;
        has_worked = true;
        shared.link.is_there();
        let (is_something, mut is_news) = (!came.is_empty(), false);
        for (key, entries) in came {
            let shard = tails.iter().find(|(shard, _)| shared.tail(*shard) == key);
            let Some(&(shard, _)) = shard else { continue };
            is_news |= take(shared, shard, entries);
        }
        if is_something && !is_news {
            // Its own events alone: the server need not tell of each, when many come.
            tokio::time::sleep(OWN).await;
        }
    }
}

/// A server that has lost the end of a tail numbers on by its own clock, which may be behind that
/// of another that it took over from: what lies behind the place would never come.
async fn go_back(shared: &Shared, connection: &mut MultiplexedConnection) -> Result<(), Fault> {
    for (shard, read) in shared.shards.followed() {
        let mut newest = cmd("XREVRANGE");
        newest.arg(shared.tail(shard)).arg("+").arg("-").arg("COUNT").arg(1);
        let entries: Vec<(String, Vec<Vec<u8>>)> =
            within(GRACE, newest.query_async(connection)).await?;
        let newest = entries.into_iter().next();
        let (id, count) = newest.map_or_else(
            || ("0-0".to_owned(), 0),
            |(id, fields)| (id, Entry::read(fields).map_or(0, |entry| entry.count)),
        );
        if number(&id) < number(&read) {
            shared.shards.read(shard, Read { id, count });
        }
    }
    Ok(())
}

/// The id of an entry: a time, and which one of that time.
fn number(id: &str) -> (u64, u64) {
    let (time, one) = id.split_once('-').unwrap_or((id, "0"));
    (time.parse().unwrap_or(0), one.parse().unwrap_or(0))
}

async fn within<T>(
    time: Duration,
    answer: impl Future<Output = redis::RedisResult<T>>,
) -> Result<T, Fault> {
    let answer = tokio::time::timeout(time, answer).await;
    Ok(answer.map_err(|_| Fault::Lost("the connection is silent".into()))??)
}

async fn read(
    shared: &Shared,
    connection: &mut MultiplexedConnection,
    tails: &[(u16, String)],
    block: Duration,
) -> Result<Came, Fault> {
    let mut read = cmd("XREAD");
    let milliseconds = u64::try_from(block.as_millis()).unwrap_or(u64::MAX);
    read.arg("COUNT").arg(COUNT).arg("BLOCK").arg(milliseconds).arg("STREAMS");
    for (shard, _) in tails {
        read.arg(shared.tail(*shard));
    }
    for (_, id) in tails {
        read.arg(id);
    }
    let value = within(block + GRACE, read.query_async::<Value>(connection)).await?;
    let came = Option::<Came>::from_redis_value(value);
    Ok(came.map_err(|error| Fault::strange(&error.to_string()))?.unwrap_or_default())
}

/// Shows what came by the tail of a shard. Says whether any of it was new.
fn take(shared: &Shared, shard: u16, entries: Vec<(String, Vec<Vec<u8>>)>) -> bool {
    let (mut is_whole, mut is_news) = (true, false);
    for (id, fields) in entries {
        let Some(entry) = Entry::read(fields) else {
            is_whole = false;
            continue;
        };
        is_whole &= shared.shards.read(shard, Read { id, count: entry.count });
        let logs = shared.shards.named(&entry.name);
        if logs.is_empty() {
            continue;
        }
        let news = entry.unpack();
        for log in logs {
            let taken = match &news {
                Ok(News { events: Some(events), after, before, .. }) => {
                    log.accept(*after, events, *before)
                }
                // Too large for the tail, and there already where it was published.
                Ok(news) if log.has(news.after, news.last) => Taken::Known,
                _ => Taken::Not,
            };
            is_news |= taken != Taken::Known;
            if taken == Taken::Not {
                log.look();
            }
        }
    }
    if !is_whole {
        // More came than the tail holds, or the server has lost its own: any log may have gone on.
        shared.look_at(Some(shard));
    }
    is_news
}

impl Shared {
    fn tail(&self, shard: u16) -> String {
        keys::tail(&self.config.namespace, shard)
    }

    /// Looks at the open logs, of one shard or of all.
    fn look_at(&self, shard: Option<u16>) {
        for log in self.shards.open(shard) {
            log.look();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_in_order_of_their_numbers() {
        assert!(number("99-5") < number("100-0") && number("100-9") < number("100-10"));
        assert_eq!(number("0-0"), (0, 0));
    }
}
