//! Rows, and whether they are what was written.

use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::fault::fault;
use crate::{
    log::store::{Page, StoreError, StoredEvent},
    position::Position,
};

/// How many bytes of frames a page has at most; one frame may be larger.
const PAGE_BYTES: usize = 512 * 1024;

/// The row of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LogRow {
    pub(super) id: i64,
    pub(super) head: Position,
    /// The position before the oldest event that is kept.
    pub(super) before: Position,
    /// How many bytes of frames are kept.
    pub(super) bytes: u64,
    pub(super) ended: bool,
}

/// An event that was there before under an id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) seq: u64,
    pub(super) tag: u32,
    pub(super) content: u64,
}

fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{what} is not what was written"))
}

impl LogRow {
    fn sum(&self, name: &str) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        for number in [
            self.head.epoch(),
            self.head.seq(),
            self.head.tag().into(),
            self.before.seq(),
            self.before.tag().into(),
            self.bytes,
            self.ended.into(),
        ] {
            sum.update(&number.to_le_bytes());
        }
        sum.update(name.as_bytes());
        sum.finalize()
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, u32)> {
        let (epoch, head, head_tag): (u64, u64, u32) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let (before, before_tag): (u64, u32) = (row.get(4)?, row.get(5)?);
        let found = Self {
            id: row.get(0)?,
            head: Position::new(epoch, head, head_tag),
            before: Position::new(epoch, before, before_tag),
            bytes: row.get(6)?,
            ended: row.get(7)?,
        };
        Ok((found, row.get(8)?))
    }

    pub(super) fn write(&self, connection: &Connection, name: &str) -> rusqlite::Result<()> {
        let mut update = connection.prepare_cached(
            "UPDATE logs SET head = ?2, head_tag = ?3, gone = ?4, gone_tag = ?5, bytes = ?6, \
             ended = ?7, sum = ?8 WHERE id = ?1",
        )?;
        let (head, before) = (self.head, self.before);
        update.execute(params![
            self.id,
            head.seq(),
            head.tag(),
            before.seq(),
            before.tag(),
            self.bytes,
            self.ended,
            self.sum(name),
        ])?;
        Ok(())
    }

    pub(super) fn insert(
        connection: &Connection,
        name: &str,
        epoch: u64,
    ) -> Result<Self, StoreError> {
        let head = Position::new(epoch, 0, 0);
        let mut row = Self { id: 0, head, before: head, bytes: 0, ended: false };
        let mut insert = connection
            .prepare_cached("INSERT INTO logs VALUES (NULL, ?1, ?2, 0, 0, 0, 0, 0, 0, ?3)")
            .map_err(fault)?;
        row.id = insert.insert(params![name, head.epoch(), row.sum(name)]).map_err(fault)?;
        Ok(row)
    }
}

/// The log of this name, if there is one. Its row may be damaged: that is for whoever opens it.
pub(super) fn find_log(
    connection: &Connection,
    name: &str,
) -> rusqlite::Result<Option<(LogRow, u32)>> {
    let mut select = connection.prepare_cached(
        "SELECT id, epoch, head, head_tag, gone, gone_tag, bytes, ended, sum FROM logs \
         WHERE name = ?1",
    )?;
    select.query_row([name], LogRow::read).optional()
}

/// The same, if it is what was written.
pub(super) fn log(connection: &Connection, name: &str) -> Result<Option<LogRow>, StoreError> {
    match find_log(connection, name).map_err(fault)? {
        None => Ok(None),
        Some((row, sum)) if row.sum(name) == sum => Ok(Some(row)),
        Some(_) => Err(damaged(format_args!("the row of the log {name:?}"))),
    }
}

fn sum(event: &StoredEvent) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    let topic = event.topic.as_deref();
    // Each text behind its length: two that are cut elsewhere are not the same.
    for number in [
        event.position.seq(),
        event.position.tag().into(),
        event.at,
        event.terminal.into(),
        event.name.len() as u64,
        topic.map_or(u64::MAX, |topic| topic.len() as u64),
    ] {
        sum.update(&number.to_le_bytes());
    }
    sum.update(event.name.as_bytes());
    sum.update(topic.unwrap_or_default().as_bytes());
    sum.update(&event.frame);
    sum.finalize()
}

pub(super) fn insert_event(
    connection: &Connection,
    log: i64,
    event: &StoredEvent,
) -> rusqlite::Result<()> {
    let mut insert = connection
        .prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    insert.execute(params![
        log,
        event.position.seq(),
        event.position.tag(),
        event.at,
        event.name,
        event.topic,
        event.terminal,
        &event.frame[..],
        sum(event),
    ])?;
    Ok(())
}

fn read_event(row: &Row<'_>, epoch: u64) -> Result<StoredEvent, StoreError> {
    let read = || {
        let name: String = row.get(3)?;
        let topic: Option<String> = row.get(4)?;
        let frame: Vec<u8> = row.get(6)?;
        Ok(StoredEvent {
            position: Position::new(epoch, row.get(0)?, row.get(1)?),
            at: row.get(2)?,
            name: name.into(),
            topic: topic.map(Arc::from),
            terminal: row.get(5)?,
            frame: Bytes::from(frame),
        })
    };
    let event = read().map_err(fault)?;
    let written: u32 = row.get(7).map_err(fault)?;
    if written == sum(&event) {
        Ok(event)
    } else {
        Err(damaged(format_args!("event {}", event.position.seq())))
    }
}

/// Events from this number on, without a hole.
pub(super) fn page(
    connection: &Connection,
    name: &str,
    from: u64,
    most: usize,
) -> Result<Page, StoreError> {
    // One snapshot for the row and the events.
    let snapshot = connection.unchecked_transaction().map_err(fault)?;
    let row = log(&snapshot, name)?;
    let row = row.ok_or_else(|| damaged(format_args!("the list of logs, without {name:?},")))?;
    let events = events(&snapshot, &row, from.max(row.before.seq() + 1), most)?;
    Ok(Page::new(events, row.before))
}

/// Events of a log from this number on, of which it must have all up to its head.
pub(super) fn events(
    connection: &Connection,
    row: &LogRow,
    from: u64,
    most: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let mut select = connection
        .prepare_cached(
            "SELECT seq, tag, at, name, topic, ended, frame, sum FROM events \
             WHERE log = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3",
        )
        .map_err(fault)?;
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let mut rows = select.query(params![row.id, from, limit]).map_err(fault)?;
    let (mut events, mut bytes, mut is_full) = (Vec::new(), 0, false);
    let mut next = from;
    while let Some(found) = rows.next().map_err(fault)? {
        let event = read_event(found, row.head.epoch())?;
        bytes += event.frame.len();
        is_full = bytes > PAGE_BYTES && !events.is_empty();
        if is_full || event.position.seq() != next {
            break;
        }
        next += 1;
        events.push(event);
    }
    let asked_for = from.saturating_add(most as u64);
    if !is_full && next <= row.head.seq() && next < asked_for {
        return Err(damaged(format_args!("event {next}, which is not there,")));
    }
    Ok(events)
}

pub(super) fn find_id(
    connection: &Connection,
    log: i64,
    id: &str,
) -> rusqlite::Result<Option<Known>> {
    let mut select = connection
        .prepare_cached("SELECT seq, tag, content FROM ids WHERE log = ?1 AND id = ?2")?;
    let known = |row: &Row<'_>| {
        let content: i64 = row.get(2)?;
        Ok(Known { seq: row.get(0)?, tag: row.get(1)?, content: content.cast_unsigned() })
    };
    select.query_row(params![log, id], known).optional()
}
