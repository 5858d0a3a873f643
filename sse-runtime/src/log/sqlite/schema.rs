//! What is in the file, and how it is opened.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::fault::fault;
use crate::log::store::StoreError;

/// Says that the file is one of this store: `sse1`, as a number.
const APPLICATION: i32 = 0x7373_6531;
const VERSION: i32 = 1;

/// How long one connection waits for another of this process.
const BUSY: Duration = Duration::from_secs(5);

/// Each event has a checksum, which SQLite by itself has not: a bit that the disk has turned
/// would otherwise be read as it is. Those of a log stand in the order of their numbers, so that
/// a page is one range.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS logs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        epoch INTEGER NOT NULL,
        head INTEGER NOT NULL,
        head_tag INTEGER NOT NULL,
        gone INTEGER NOT NULL,
        gone_tag INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        sum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS events (
        log INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        tag INTEGER NOT NULL,
        at INTEGER NOT NULL,
        name TEXT NOT NULL,
        topic TEXT,
        ended INTEGER NOT NULL,
        frame BLOB NOT NULL,
        sum INTEGER NOT NULL,
        PRIMARY KEY (log, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS ids (
        log INTEGER NOT NULL,
        id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        tag INTEGER NOT NULL,
        content INTEGER NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (log, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS ids_by_seq ON ids (log, seq);
";

/// A connection that writes. `make` says whether a file that is not there is made.
pub(super) fn open_to_write(path: &Path, make: bool) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if make {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = open(path, flags)?;
    check_kind(&connection)?;
    // All of it or nothing, and before the mode makes the file one that is not empty: a process
    // that is killed meanwhile leaves none that is taken for that of something else.
    let make = format!(
        "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; \
         {TABLES} COMMIT"
    );
    connection.execute_batch(&make).map_err(fault)?;
    let mode: String =
        connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(fault)?;
    if mode != "wal" {
        return Err(StoreError::Unusable(format!(
            "the file system allows no write-ahead log (SQLite says `{mode}`): use a local disk"
        )));
    }
    connection.execute_batch("PRAGMA synchronous = FULL").map_err(fault)?;
    Ok(connection)
}

pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags).map_err(|error| match error {
        error if error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen) => {
            StoreError::Unavailable(format!("{}: {error}", path.display()))
        }
        error => fault(error),
    })?;
    connection.busy_timeout(BUSY).map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Whether it is an empty file, or one of this store.
fn check_kind(connection: &Connection) -> Result<(), StoreError> {
    let number = |pragma: &str| {
        connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i32>(0))
    };
    let (application, version) =
        (number("application_id").map_err(fault)?, number("user_version").map_err(fault)?);
    let pages = number("page_count").map_err(fault)?;
    match (application, version) {
        (APPLICATION, VERSION) => Ok(()),
        (APPLICATION, newer) => Err(StoreError::Unusable(format!(
            "the file has version {newer}, and this program knows {VERSION}"
        ))),
        _ if pages == 0 => Ok(()),
        _ => Err(StoreError::Unusable("the file is a database of something else".into())),
    }
}

/// Looks through the structure of the file.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let said: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(fault)?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Corrupt(said)) }
}
