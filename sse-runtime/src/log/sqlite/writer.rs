//! The thread that writes: what waits while one batch is synced is the next batch.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{
    fault::fault,
    file::{File, Identity},
    log::Log,
    rows, schema,
};
use crate::{
    log::{
        milliseconds,
        store::{Appended, LogFeed, NewEvent, Retention, StoreError, StoredEvent},
    },
    names::ResetReason,
};

/// How much is synced together at most: beyond it a sync is no longer what takes the time.
const BATCH: usize = 1_024;
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How often a file that failed is tried again where nobody asks.
const AGAIN: Duration = Duration::from_millis(200);
/// With how many logs those are looked for first that nobody follows.
const SWEEP: usize = 1_024;
/// A file that is larger is checked in the background: its readers would wait too long.
const CHECKED_AT_ONCE: u64 = 64 * 1024 * 1024;

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Ask {
    Open(Open),
    Append(Append),
}

#[derive(Debug)]
pub(super) struct Open {
    pub(super) name: String,
    pub(super) keep: Retention,
    pub(super) feed: LogFeed,
    pub(super) answer: oneshot::Sender<Result<(), StoreError>>,
}

#[derive(Debug)]
pub(super) struct Append {
    /// Its name: after a loss a log may have another row.
    pub(super) log: Arc<str>,
    pub(super) event: NewEvent,
    pub(super) answer: oneshot::Sender<Result<Appended, StoreError>>,
}

/// Whoever writes to the file.
pub(super) struct Writer {
    file: File,
    identity: Identity,
    /// None after a fault: what is in the file then has to be looked at again.
    connection: Option<Connection>,
    logs: HashMap<i64, Log>,
    by_name: HashMap<String, i64>,
    /// With how many logs those that nobody follows are looked for next.
    sweep_at: usize,
    is_up: Arc<AtomicBool>,
    /// Set by the check in the background.
    is_damaged: Arc<AtomicBool>,
}

/// What a batch has made of one log.
struct Change {
    log: Log,
    shown: Vec<StoredEvent>,
}

impl Writer {
    pub(super) fn open(file: File, is_up: Arc<AtomicBool>) -> Result<Self, StoreError> {
        let connection = schema::open_to_write(&file.path, true).map_err(|error| match error {
            StoreError::Unavailable(why) => StoreError::Unusable(why),
            error => error,
        })?;
        let is_damaged = Arc::new(AtomicBool::new(false));
        let size = std::fs::metadata(&file.path).map_or(0, |found| found.len());
        if size <= CHECKED_AT_ONCE {
            schema::check(&connection)?;
        } else {
            check_behind(&file.path, &is_damaged, &is_up);
        }
        let identity = file.identity();
        let connection = Some(connection);
        let (logs, by_name, sweep_at) = (HashMap::new(), HashMap::new(), SWEEP);
        Ok(Self { file, identity, connection, logs, by_name, sweep_at, is_up, is_damaged })
    }

    pub(super) fn path(&self) -> &Path {
        &self.file.path
    }

    /// Serves until nobody can ask any more.
    pub(super) fn run(mut self, mut asked: mpsc::Receiver<Ask>) {
        while let Some(first) = self.next(&mut asked) {
            let mut batch = vec![first];
            let mut bytes = 0;
            while batch.len() < BATCH
                && bytes < BATCH_BYTES
                && let Ok(ask) = asked.try_recv()
            {
                if let Ask::Append(append) = &ask {
                    bytes += append.event.frame.len();
                }
                batch.push(ask);
            }
            self.serve(batch);
        }
    }

    /// Waits for something to do. Meanwhile a file that failed is tried now and then, so that it
    /// is known when it is back.
    fn next(&mut self, asked: &mut mpsc::Receiver<Ask>) -> Option<Ask> {
        loop {
            if self.connection.is_some() {
                return asked.blocking_recv();
            }
            match asked.try_recv() {
                Ok(ask) => return Some(ask),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
                Err(mpsc::error::TryRecvError::Empty) => {
                    thread::sleep(AGAIN);
                    let _still_down = self.connect();
                }
            }
        }
    }

    fn serve(&mut self, batch: Vec<Ask>) {
        let (mut opens, mut appends) = (Vec::new(), Vec::new());
        for ask in batch {
            match ask {
                Ask::Open(open) => opens.push(open),
                Ask::Append(append) => appends.push(append),
            }
        }
        if !opens.is_empty() {
            self.open_logs(opens);
        }
        if !appends.is_empty() {
            self.append(appends);
        }
    }

    /// Opens logs, with one sync for all that are new.
    fn open_logs(&mut self, opens: Vec<Open>) {
        let made = self.make_logs(&opens);
        self.note(made.as_ref().err());
        if let Ok(logs) = &made {
            for log in logs.iter().filter_map(|log| log.as_ref().ok()) {
                self.by_name.insert(log.name.clone(), log.row.id);
                self.logs.insert(log.row.id, log.clone());
            }
        }
        for (at, open) in opens.into_iter().enumerate() {
            let opened = match &made {
                Ok(logs) => match logs.get(at) {
                    Some(Err(error)) => Err(error.clone()),
                    _ => self.follow(&open),
                },
                Err(error) => Err(error.clone()),
            };
            // Whoever no longer waits needs no answer.
            let _gone = open.answer.send(opened);
        }
    }

    /// What is known of each log, read or made where nothing was. One that is damaged is no fault
    /// of the others.
    fn make_logs(&mut self, opens: &[Open]) -> Result<Vec<Result<Log, StoreError>>, StoreError> {
        self.connect()?;
        self.let_go();
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let tx = tx.map_err(fault)?;
        let mut made = Vec::new();
        for Open { name, keep, .. } in opens {
            let known = self.by_name.get(name).and_then(|id| self.logs.get(id)).cloned();
            match known.map_or_else(|| Log::open(&tx, name, *keep, now()), Ok) {
                Err(error) if !matches!(error, StoreError::Corrupt(_)) => return Err(error),
                log => made.push(log),
            }
        }
        tx.commit().map_err(fault)?;
        Ok(made)
    }

    /// Forgets the logs that nobody follows any more, once there are twice as many.
    fn let_go(&mut self) {
        if self.logs.len() < self.sweep_at {
            return;
        }
        self.logs.retain(|_, log| {
            log.feeds.retain(|feed| !feed.is_over());
            !log.feeds.is_empty()
        });
        self.by_name.retain(|_, id| self.logs.contains_key(id));
        self.sweep_at = SWEEP.max(2 * self.logs.len());
    }

    fn follow(&mut self, open: &Open) -> Result<(), StoreError> {
        let connection = self.connection.as_ref().ok_or_else(closed)?;
        let id = self.by_name.get(&open.name);
        let log = id.and_then(|id| self.logs.get_mut(id)).ok_or_else(closed)?;
        // Whoever asked before may have left before the answer: its channel is told once.
        log.feeds.retain(|feed| !feed.is_over() && !feed.is_same(&open.feed));
        open.feed.begin(log.state(connection)?);
        log.feeds.push(open.feed.clone());
        Ok(())
    }

    /// Writes a batch, shows it, and tells the publishers; or tells all of them why not.
    fn append(&mut self, appends: Vec<Append>) {
        let (mut events, mut answers) = (Vec::new(), Vec::new());
        for Append { log, event, answer } in appends {
            events.push((log, event));
            answers.push(answer);
        }
        match self.write(events) {
            Ok((outcomes, sync)) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    let _gone = answer.send(outcome.map(|appended| appended.synced_in(sync)));
                }
                self.note(None);
            }
            Err(error) => {
                self.note(Some(&error));
                for answer in answers {
                    let _gone = answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// What became of each event, and how long the sync took. Nothing of it is known to anybody
    /// until all of it is on the disk.
    #[allow(clippy::type_complexity, reason = "asked once")]
    fn write(
        &mut self,
        events: Vec<(Arc<str>, NewEvent)>,
    ) -> Result<(Vec<Result<Appended, StoreError>>, Duration), StoreError> {
        self.connect()?;
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let tx = tx.map_err(fault)?;
        let mut changes: HashMap<i64, Change> = HashMap::new();
        let (mut outcomes, mut now) = (Vec::with_capacity(events.len()), 0);
        for (name, event) in events {
            now = now.max(event.at);
            let id = self.by_name.get(&*name).copied();
            let Some((id, log)) = id.and_then(|id| Some((id, self.logs.get(&id)?))) else {
                outcomes.push(Err(closed()));
                continue;
            };
            let change =
                changes.entry(id).or_insert_with(|| Change { log: log.clone(), shown: Vec::new() });
            outcomes.push(change.log.append(&tx, event, &mut change.shown)?);
        }
        for change in changes.values_mut().filter(|change| !change.shown.is_empty()) {
            change.log.trim(&tx, now).map_err(fault)?;
            change.log.row.write(&tx, &change.log.name).map_err(fault)?;
        }
        let begin = Instant::now();
        tx.commit().map_err(fault)?;
        let sync = begin.elapsed();
        for (id, Change { log, shown }) in changes {
            if !shown.is_empty() {
                self.show(&log, &shown);
            }
            self.logs.insert(id, log);
        }
        Ok((outcomes, sync))
    }

    fn show(&self, log: &Log, shown: &[StoredEvent]) {
        for feed in &log.feeds {
            if feed.append(shown, log.row.before) {
                continue;
            }
            // Only a fault of this crate can lead here: its own feeds follow.
            let state = self.connection.as_ref().map(|connection| log.state(connection));
            if let Some(Ok(state)) = state {
                feed.restart(state, ResetReason::Diverged);
            }
        }
    }

    /// Makes sure that there is a file to write to, and that it is the one that was opened: what
    /// goes into a file that was deleted is acknowledged and lost.
    fn connect(&mut self) -> Result<(), StoreError> {
        if self.is_damaged.load(Ordering::Relaxed) {
            return Err(StoreError::Corrupt("the check in the background found it".into()));
        }
        if self.file.identity() != self.identity {
            self.connection = None;
            let path = self.file.path.display();
            return Err(StoreError::Unavailable(format!("{path} was moved, or another is there")));
        }
        if self.connection.is_none() {
            let connection = schema::open_to_write(&self.file.path, false)?;
            self.catch_up(&connection)?;
            self.connection = Some(connection);
            self.is_up.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// After a fault: what was refused is refused, also where it had come to the disk after all,
    /// and what is no longer there is told.
    fn catch_up(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let tx = connection.unchecked_transaction().map_err(fault)?;
        let (mut logs, mut lost) = (Vec::new(), Vec::new());
        for log in self.logs.values() {
            match rows::log(&tx, &log.name)? {
                Some(there) if there == log.row => logs.push(log.clone()),
                Some(there)
                    if there.head.epoch() == log.row.head.epoch()
                        && there.head.seq() >= log.row.head.seq() =>
                {
                    take_back(&tx, log).map_err(fault)?;
                    logs.push(log.clone());
                }
                _ => {
                    let mut anew = Log::open(&tx, &log.name, log.keep(), now())?;
                    anew.feeds.clone_from(&log.feeds);
                    lost.push((anew.feeds.clone(), anew.state(&tx)?));
                    logs.push(anew);
                }
            }
        }
        tx.commit().map_err(fault)?;
        // Nothing can fail from here on: whoever is to be told is told.
        self.by_name = logs.iter().map(|log| (log.name.clone(), log.row.id)).collect();
        self.logs = logs.into_iter().map(|log| (log.row.id, log)).collect();
        for (feeds, state) in lost {
            feeds.iter().for_each(|feed| feed.restart(state.clone(), ResetReason::Diverged));
        }
        Ok(())
    }

    /// Keeps whether it works. After a fault of the file nothing is taken for granted.
    fn note(&mut self, error: Option<&StoreError>) {
        let Some(error) = error else {
            self.is_up.store(true, Ordering::Relaxed);
            return;
        };
        if self.is_up.swap(false, Ordering::Relaxed) {
            tracing::error!(%error, "the store in SQLite does not take events");
        }
        self.connection = None;
    }
}

/// Deletes what nobody was told of.
fn take_back(connection: &Connection, log: &Log) -> rusqlite::Result<()> {
    let (id, head) = (log.row.id, log.row.head.seq());
    connection.execute("DELETE FROM events WHERE log = ?1 AND seq > ?2", (id, head))?;
    connection.execute("DELETE FROM ids WHERE log = ?1 AND seq > ?2", (id, head))?;
    log.row.write(connection, &log.name)
}

fn check_behind(path: &Path, is_damaged: &Arc<AtomicBool>, is_up: &Arc<AtomicBool>) {
    let (path, is_damaged, is_up) = (path.to_owned(), Arc::clone(is_damaged), Arc::clone(is_up));
    let check = move || {
        let checked = schema::open_to_read(&path).and_then(|reader| schema::check(&reader));
        if let Err(error) = checked {
            tracing::error!(%error, "the store in SQLite is damaged");
            is_up.store(false, Ordering::Relaxed);
            is_damaged.store(matches!(error, StoreError::Corrupt(_)), Ordering::Relaxed);
        }
    };
    let checking = thread::Builder::new().name("sse-sqlite-check".into()).spawn(check);
    if let Err(error) = checking {
        tracing::warn!(%error, "the store in SQLite is not checked: no thread can be had");
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the log is not open".into())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, milliseconds)
}
