//! What an error of SQLite means for whoever asked.

use rusqlite::{Error, ErrorCode};

use crate::log::store::StoreError;

#[allow(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn fault(error: Error) -> StoreError {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly(text),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(text),
        // A column that does not hold what was put into it.
        None if is_conversion(&error) => StoreError::Corrupt(text),
        _ => StoreError::Unavailable(text),
    }
}

const fn is_conversion(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
            | Error::InvalidColumnType(..)
    )
}
