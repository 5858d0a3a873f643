//! Where the stock is kept: in memory, or where a restart does not reach it.

use std::{fmt, path::PathBuf, str::FromStr, sync::Arc};

use sse_runtime::store::{RedisStore, SqliteStore, Store, StoreError};

/// What `--store` says.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) enum Place {
    #[default]
    Memory,
    Sqlite(PathBuf),
    /// The whole URL, which may have a password.
    Redis(String),
}

impl Place {
    /// The store, if there is to be one. The only line that is another for each of them.
    pub(crate) async fn open(&self) -> Result<Option<Arc<dyn Store>>, StoreError> {
        Ok(match self {
            Self::Memory => None,
            Self::Sqlite(path) => Some(SqliteStore::open(path)?),
            Self::Redis(url) => Some(RedisStore::connect(url).await?),
        })
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "memory" => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("redis" | "rediss", rest)) if rest.starts_with("//") => {
                Ok(Self::Redis(text.to_owned()))
            }
            _ => Err("write `memory`, `sqlite:` and the path of a file, or `redis://HOST:PORT`"),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("Memory"),
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Redis(_) => f.write_str("Redis"),
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
        let redis = "redis://127.0.0.1:6379";
        assert_eq!(redis.parse(), Ok(Place::Redis(redis.into())));
        for wrong in ["redis:6379", "", "sqlite", "sqlite:", "stock.db", "mysql:stock"] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }
}
