//! Publishing: what comes while the server works on a batch is the next one.

use std::{
    collections::VecDeque,
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use redis::ScriptInvocation;
use tokio::{sync::oneshot, time::Instant};

use super::{
    answer::{Fate, Told},
    error::Fault,
    link::Ask,
    log::{Log, Taken},
    packed, script,
};
use crate::{
    log::store::{Appended, NewEvent, StoreError, StoredEvent},
    position::Position,
};

/// How many events go together at most, and in how many bytes.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 512 * 1024;
/// How many wait at most, and in how many bytes.
const WAITING: usize = 4_096;
const WAITING_BYTES: usize = 64 * 1024 * 1024;
/// How many bytes an entry of the tail has: what has more is read by those who need it.
const TAIL_BYTES: usize = 16 * 1024;
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// For how long it is the tail that is waited for, where others published before.
const TAIL_PATIENCE: Duration = Duration::from_millis(50);

/// Events that are on their way to the server.
///
/// One batch of a log is under way at a time, with a number of its own. The server keeps with the
/// number what became of the last one, and so the same batch can be sent again when a connection
/// breaks: it is stored once, whether or not its events have ids, and one key for each publisher
/// is all that it costs. (A random key for each event, known for two minutes, would take gigabytes
/// at full speed.)
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    is_busy: bool,
    batches: u64,
}

#[derive(Debug)]
struct Waiting {
    event: NewEvent,
    since: Instant,
    tell: oneshot::Sender<Result<Appended, StoreError>>,
}

/// Events with one number.
struct Batch {
    number: u64,
    waiting: Vec<Waiting>,
}

impl Log {
    pub(super) async fn append(self: &Arc<Self>, event: NewEvent) -> Result<Appended, StoreError> {
        let (tell, told) = oneshot::channel();
        let is_first = self.enqueue(Waiting { event, since: Instant::now(), tell })?;
        if is_first {
            // A task, and not the first publisher for all: it may leave, or not be polled for a
            // while, and the others would wait for it.
            tokio::spawn(Driver { log: Arc::clone(self), batch: self.next_batch() }.run());
        }
        // An error, if its task is gone with the runtime that it ran on.
        told.await.unwrap_or(Err(StoreError::Unknown { after: Duration::ZERO }))
    }

    fn enqueue(&self, waiting: Waiting) -> Result<bool, StoreError> {
        let mut queue = self.queue();
        let bytes = queue.bytes + waiting.event.frame.len();
        if queue.waiting.len() >= WAITING || bytes > WAITING_BYTES {
            return Err(StoreError::Unavailable("too many events wait to be stored".into()));
        }
        queue.bytes = bytes;
        queue.waiting.push_back(waiting);
        Ok(!std::mem::replace(&mut queue.is_busy, true))
    }

    fn next_batch(&self) -> Option<Batch> {
        let mut queue = self.queue();
        let (mut waiting, mut bytes) = (Vec::new(), 0);
        while waiting.len() < BATCH
            && bytes < BATCH_BYTES
            && let Some(next) = queue.waiting.pop_front()
        {
            queue.bytes -= next.event.frame.len();
            // Who has left has been told that nobody knows, and need not be wrong.
            if !next.tell.is_closed() {
                bytes += next.event.frame.len();
                waiting.push(next);
            }
        }
        if waiting.is_empty() {
            queue.is_busy = false;
            return None;
        }
        queue.batches += 1;
        Some(Batch { number: queue.batches, waiting })
    }

    /// Sends a batch, shows what was stored, and gives what everybody is to be told.
    async fn send(self: &Arc<Self>, batch: &Batch) -> Result<Answers, StoreError> {
        let begin = Instant::now();
        let deadline = self.deadline(batch, begin);
        let told = self.send_until(&self.call(batch)?, deadline).await?;
        if told.fates.len() != batch.waiting.len() {
            return Err(StoreError::Corrupt("Redis has answered for other events".into()));
        }
        let (events, answers) = batch.answers(&told, begin.elapsed());
        self.show(&told, &events, deadline).await;
        Ok(answers)
    }

    /// Nobody waits longer than is said, wherever the time went; and where the server has been
    /// away for long, it is tried once.
    fn deadline(&self, batch: &Batch, now: Instant) -> Instant {
        let patience = self.shared.config.patience;
        let is_away = self.shared.link.down_for().is_some_and(|time| time > patience);
        let since = batch.waiting.iter().map(|waiting| waiting.since).min();
        if is_away { now } else { since.unwrap_or(now) + patience }
    }

    fn call(&self, batch: &Batch) -> Result<ScriptInvocation<'_>, StoreError> {
        let mut call = script::call(&self.shared.scripts.append, &self.keys, &self.kept);
        call.key(&self.keys.told);
        call.arg(&*self.name).arg(batch.number).arg(self.shared.config.tail).arg(TAIL_BYTES);
        for Waiting { event, .. } in &batch.waiting {
            let tag = Position::new(0, 0, event.tag).tag();
            call.arg(event.id.as_ref().map_or("", |id| id.as_str()));
            call.arg(format!("{:016x}", event.content()));
            call.arg(tag).arg(u8::from(event.terminal)).arg(event.at).arg(event.frame.len());
            call.arg(packed::pack(event, tag)?);
        }
        Ok(call)
    }

    async fn send_until(
        &self,
        call: &ScriptInvocation<'_>,
        deadline: Instant,
    ) -> Result<Told, StoreError> {
        let begin = Instant::now();
        let (mut is_sent, mut pause) = (false, FIRST_PAUSE);
        loop {
            let fault = match self.shared.link.ask::<String>(Ask::Script(call)).await {
                Ok(text) => return Told::read(&text).map_err(Fault::into_error),
                Err(fault) => fault,
            };
            is_sent |= matches!(fault, Fault::Lost(_));
            let now = Instant::now();
            let is_final = matches!(fault, Fault::Refused(_)) && !is_sent;
            if is_final || now >= deadline {
                let after = begin.elapsed();
                return Err(if is_sent {
                    StoreError::Unknown { after }
                } else {
                    fault.into_error()
                });
            }
            tokio::time::sleep_until((now + pause).min(deadline)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn show(self: &Arc<Self>, told: &Told, events: &[StoredEvent], deadline: Instant) {
        let was = self.progress();
        if events.is_empty() || self.accept(told.after, events, told.before) != Taken::Not {
            return;
        }
        // Others have published before, and their events come by the tail.
        let last = told.after.seq() + events.len() as u64;
        let is_behind = self.head().is_some_and(|head| head.seq() < told.after.seq());
        let by_tail = tokio::time::timeout(TAIL_PATIENCE, self.shown(last, was));
        if !is_behind || by_tail.await.is_err() {
            self.look();
            let _late = tokio::time::timeout_at(deadline, self.looked_at(was)).await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the batches of a log, one after the other, for all who wait.
struct Driver {
    log: Arc<Log>,
    batch: Option<Batch>,
}

impl Driver {
    async fn run(mut self) {
        while let Some(batch) = &self.batch {
            let answers = self.log.send(batch).await;
            if let Some(batch) = self.batch.take() {
                batch.tell(answers);
            }
            self.batch = self.log.next_batch();
        }
    }
}

impl Drop for Driver {
    /// If it is not done its runtime has ended: whoever comes next takes what waits.
    fn drop(&mut self) {
        self.log.queue().is_busy &= self.batch.is_none();
    }
}

type Answers = Vec<Result<Appended, StoreError>>;

impl Batch {
    /// What was stored, and what everybody is told.
    fn answers(&self, told: &Told, sync: Duration) -> (Vec<StoredEvent>, Answers) {
        let (mut events, mut answers) = (Vec::new(), Vec::with_capacity(self.waiting.len()));
        let (epoch, mut seq) = (told.after.epoch(), told.after.seq());
        for (Waiting { event, .. }, fate) in self.waiting.iter().zip(&told.fates) {
            answers.push(match *fate {
                Fate::Stored => {
                    seq += 1;
                    let position = Position::new(epoch, seq, event.tag);
                    events.push(StoredEvent::new(position, event.clone()));
                    Ok(Appended::new(position).synced_in(sync))
                }
                Fate::Duplicate(position) => {
                    Ok(Appended::new(position).duplicate().synced_in(sync))
                }
                Fate::Reused(position) => Err(StoreError::IdReused(position)),
                Fate::Ended => Err(StoreError::Ended),
                Fate::TooManyIds => Err(StoreError::TooManyIds),
            });
        }
        (events, answers)
    }

    fn tell(self, answers: Result<Answers, StoreError>) {
        let mut answers = answers.map(Vec::into_iter);
        for waiting in self.waiting {
            let answer = match &mut answers {
                Ok(answers) => answers.next(),
                Err(error) => Some(Err(error.clone())),
            };
            // Who has left does not care.
            let _ = answer.map(|answer| waiting.tell.send(answer));
        }
    }
}
