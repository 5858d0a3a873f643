//! SQLite by itself: the same rows, synced as often.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};

pub(crate) fn write(path: &Path, events: usize, batch: usize) -> Duration {
    let mut connection = Connection::open(path).expect("a file");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE events (log INTEGER, seq INTEGER, tag INTEGER, at INTEGER, name TEXT,
                 topic TEXT, ended INTEGER, frame BLOB, sum INTEGER, PRIMARY KEY (log, seq))
                 STRICT, WITHOUT ROWID;",
        )
        .expect("a table");
    let frame = [b'x'; 216];
    let begin = Instant::now();
    for first in (0..events).step_by(batch) {
        let tx = connection.transaction().expect("a transaction");
        {
            let mut insert = tx
                .prepare_cached("INSERT INTO events VALUES (1, ?1, ?2, ?3, ?4, NULL, 0, ?5, ?6)")
                .expect("a statement");
            for seq in first..(first + batch).min(events) {
                let (seq, tag) = (seq as i64, 123_456_789);
                insert
                    .execute(params![seq, tag, seq, "stock_changed", &frame[..], tag])
                    .expect("a row");
            }
        }
        tx.commit().expect("a sync");
    }
    begin.elapsed()
}
