//! One log as its writer has it.

use rusqlite::{Connection, params};

use super::{
    fault::fault,
    rows::{self, LogRow},
};
use crate::{
    log::store::{Appended, LogFeed, LogState, NewEvent, Retention, StoreError, StoredEvent},
    position::Position,
};

/// How many events go into memory when a log is opened.
const TAIL: u64 = 1_024;
/// For how long an id is known at least, in milliseconds.
const KNOWN: u64 = 120_000;
/// How often ids are looked through that may be forgotten, in milliseconds of their events.
const SWEEP: u64 = 10_000;
/// How many of the oldest events are looked at together.
const OLDEST: i64 = 256;

/// What is known of a log between two batches.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pub(super) name: String,
    pub(super) row: LogRow,
    keep: Retention,
    /// How many ids are known.
    ids: u64,
    /// When they are looked through next.
    sweep: u64,
    /// When the oldest event was published, if somebody has looked.
    oldest_at: Option<u64>,
    pub(super) feeds: Vec<LogFeed>,
}

/// An event that is old enough to go, perhaps.
struct Oldest {
    position: Position,
    at: u64,
    bytes: u64,
}

impl Log {
    pub(super) fn open(
        connection: &Connection,
        name: &str,
        keep: Retention,
        now: u64,
    ) -> Result<Self, StoreError> {
        let row = match rows::log(connection, name)? {
            Some(row) => row,
            None => LogRow::insert(connection, name, fastrand::u64(..))?,
        };
        let count = "SELECT count(*) FROM ids WHERE log = ?1";
        let ids = connection.query_row(count, [row.id], |row| row.get(0)).map_err(fault)?;
        let mut log = Self {
            name: name.to_owned(),
            row,
            keep,
            ids,
            sweep: 0,
            oldest_at: None,
            feeds: Vec::new(),
        };
        log.trim(connection, now).map_err(fault)?;
        if log.row != row {
            log.row.write(connection, name).map_err(fault)?;
        }
        Ok(log)
    }

    pub(super) const fn keep(&self) -> Retention {
        self.keep
    }

    /// Where it stands, with its newest events.
    pub(super) fn state(&self, connection: &Connection) -> Result<LogState, StoreError> {
        let row = &self.row;
        let from = (row.before.seq() + 1).max((row.head.seq() + 1).saturating_sub(TAIL));
        let mut tail = rows::events(connection, row, from, usize::MAX)?;
        while tail.last().is_some_and(|last| last.position.seq() < row.head.seq()) {
            // Its events are large: those at the end are what is asked for.
            let next = tail.last().map_or(from, |last| last.position.seq() + 1);
            tail = rows::events(connection, row, next, usize::MAX)?;
        }
        Ok(LogState::new(row.head, row.before).tail(tail).ended(row.ended))
    }

    /// Gives an event its number. An error of SQLite is one of the whole batch; what the log
    /// refuses is one of this event.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        event: NewEvent,
        shown: &mut Vec<StoredEvent>,
    ) -> Result<Result<Appended, StoreError>, StoreError> {
        let content = event.content();
        if let Some(id) = &event.id
            && let Some(known) =
                rows::find_id(connection, self.row.id, id.as_str()).map_err(fault)?
        {
            let position = Position::new(self.row.head.epoch(), known.seq, known.tag);
            return Ok(if known.content == content {
                Ok(Appended::new(position).duplicate())
            } else {
                Err(StoreError::IdReused(position))
            });
        }
        if self.row.ended {
            return Ok(Err(StoreError::Ended));
        }
        let head = self.row.head;
        let position = Position::new(head.epoch(), head.seq() + 1, event.tag);
        if let Some(id) = &event.id {
            if self.ids >= self.keep.ids as u64 {
                self.forget_ids(connection, event.at).map_err(fault)?;
            }
            if self.ids >= self.keep.ids as u64 {
                return Ok(Err(StoreError::TooManyIds));
            }
            self.remember(connection, id.as_str(), position, content, event.at).map_err(fault)?;
        }
        let stored = StoredEvent::new(position, event);
        rows::insert_event(connection, self.row.id, &stored).map_err(fault)?;
        (self.row.head, self.row.ended) = (position, stored.terminal);
        self.row.bytes += stored.frame.len() as u64;
        shown.push(stored);
        Ok(Ok(Appended::new(position)))
    }

    fn remember(
        &mut self,
        connection: &Connection,
        id: &str,
        position: Position,
        content: u64,
        at: u64,
    ) -> rusqlite::Result<()> {
        let mut insert =
            connection.prepare_cached("INSERT INTO ids VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        let (seq, tag) = (position.seq(), position.tag());
        insert.execute(params![self.row.id, id, seq, tag, content.cast_signed(), at])?;
        self.ids += 1;
        Ok(())
    }

    /// Forgets the ids of events that are gone, once their time is over.
    fn forget_ids(&mut self, connection: &Connection, now: u64) -> rusqlite::Result<()> {
        let mut delete = connection
            .prepare_cached("DELETE FROM ids WHERE log = ?1 AND seq <= ?2 AND at <= ?3")?;
        let until = now.saturating_sub(KNOWN);
        let gone = delete.execute(params![self.row.id, self.row.before.seq(), until])?;
        self.ids = self.ids.saturating_sub(gone as u64);
        self.sweep = now + SWEEP;
        Ok(())
    }

    /// Lets go of what is beyond the bounds.
    pub(super) fn trim(&mut self, connection: &Connection, now: u64) -> rusqlite::Result<()> {
        let before = self.row.before;
        while self.is_beyond(now) {
            let mut gone = 0;
            for oldest in self.oldest(connection)? {
                self.oldest_at = Some(oldest.at);
                if !self.is_beyond(now) {
                    break;
                }
                (self.row.before, gone) = (oldest.position, gone + 1);
                self.row.bytes = self.row.bytes.saturating_sub(oldest.bytes);
                self.oldest_at = None;
            }
            if gone == 0 {
                break;
            }
        }
        if self.row.before != before {
            let mut delete =
                connection.prepare_cached("DELETE FROM events WHERE log = ?1 AND seq <= ?2")?;
            delete.execute(params![self.row.id, self.row.before.seq()])?;
        }
        if self.ids > 0 && now >= self.sweep {
            self.forget_ids(connection, now)?;
        }
        Ok(())
    }

    /// Whether the oldest event is one too many, or nobody has looked how old it is.
    fn is_beyond(&self, now: u64) -> bool {
        let count = self.row.head.seq() - self.row.before.seq();
        let age = u64::try_from(self.keep.age.as_millis()).unwrap_or(u64::MAX);
        let is_old = |at: u64| now.saturating_sub(at) >= age;
        count > 0
            && (count > self.keep.events
                || self.row.bytes > self.keep.bytes
                || self.oldest_at.is_none_or(is_old))
    }

    fn oldest(&self, connection: &Connection) -> rusqlite::Result<Vec<Oldest>> {
        let mut select = connection.prepare_cached(
            "SELECT seq, tag, at, length(frame) FROM events WHERE log = ?1 AND seq > ?2 \
             ORDER BY seq LIMIT ?3",
        )?;
        let epoch = self.row.head.epoch();
        let found =
            select.query_map(params![self.row.id, self.row.before.seq(), OLDEST], |row| {
                Ok(Oldest {
                    position: Position::new(epoch, row.get(0)?, row.get(1)?),
                    at: row.get(2)?,
                    bytes: row.get(3)?,
                })
            })?;
        found.collect()
    }
}
