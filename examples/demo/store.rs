//! Where the stock is kept: in memory, or where a restart does not reach it.

use std::{path::PathBuf, str::FromStr, sync::Arc};

use sse_runtime::store::{SqliteStore, Store, StoreError};

/// What `--store` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    Memory,
    Sqlite(PathBuf),
}

impl Place {
    /// The store, if there is to be one. The only line that is another for each of them.
    pub(crate) fn open(&self) -> Result<Option<Arc<dyn Store>>, StoreError> {
        Ok(match self {
            Self::Memory => None,
            Self::Sqlite(path) => Some(SqliteStore::open(path)?),
        })
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "memory" => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err("write `memory`, or `sqlite:` and the path of a file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_a_url_is() {
        assert_eq!("memory".parse(), Ok(Place::Memory));
        assert_eq!("sqlite:a:b.db".parse(), Ok(Place::Sqlite("a:b.db".into())));
        for wrong in ["", "sqlite", "sqlite:", "stock.db", "mysql:stock"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
