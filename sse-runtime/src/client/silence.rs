//! How long a stream may be silent.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IntoDeserializer as _};

use crate::settings::duration;

/// For how long no byte may come before the connection counts as dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// Three heartbeats as the server announces them, or 2 minutes if it announces none.
    Heartbeats,
    After(Duration),
    /// For ever, which has to be written by name.
    Unlimited,
}

const HEARTBEATS: &str = "heartbeats";
const UNLIMITED: &str = "unlimited";

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heartbeats => f.write_str(HEARTBEATS),
            Self::After(time) => write!(f, "{time:?}"),
            Self::Unlimited => f.write_str(UNLIMITED),
        }
    }
}

impl Serialize for Silence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::After(time) => duration::serialize(time, serializer),
            word => serializer.collect_str(word),
        }
    }
}

impl<'de> Deserialize<'de> for Silence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            HEARTBEATS => Ok(Self::Heartbeats),
            UNLIMITED => Ok(Self::Unlimited),
            _ => duration::deserialize(text.into_deserializer()).map(Self::After),
        }
    }
}
