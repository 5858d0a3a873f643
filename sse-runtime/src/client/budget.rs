//! How long an outage may last before the client gives up (pitfall P4).

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::IntoDeserializer as _};

use super::Spent;
use crate::settings::duration;

/// What is at most allowed. That there is no limit has to be written by name, in code and in
/// a configuration (`"unlimited"`): a forgotten zero or a huge number is no decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit<T> {
    AtMost(T),
    Unlimited,
}

/// How it is written.
const UNLIMITED: &str = "unlimited";

impl<T: PartialOrd> Limit<T> {
    fn allows(&self, used: &T) -> bool {
        match self {
            Self::AtMost(most) => used <= most,
            Self::Unlimited => true,
        }
    }
}

/// The outage that a stream is in: everything since it was healthy, or since its begin.
#[derive(Debug, Clone)]
pub(super) struct Outage {
    attempts: u32,
    since: Option<Duration>,
    /// Time that is not charged: connections that stood, what the server asked for, sleep.
    exempt: Duration,
}

impl Outage {
    pub(super) const fn none() -> Self {
        Self { attempts: 0, since: None, exempt: Duration::ZERO }
    }

    /// Time is charged from now on, if it is not already.
    pub(super) fn begin(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }

    /// An attempt begins that is charged.
    pub(super) fn attempt(&mut self, now: Duration) {
        self.begin(now);
        self.attempts = self.attempts.saturating_add(1);
    }

    /// This much of the time that has passed is not charged.
    pub(super) fn forgive(&mut self, time: Duration) {
        if self.since.is_some() {
            self.exempt = self.exempt.saturating_add(time);
        }
    }

    pub(super) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The time that is charged.
    pub(super) fn lasted(&self, now: Duration) -> Duration {
        self.since
            .map_or(Duration::ZERO, |since| now.saturating_sub(since).saturating_sub(self.exempt))
    }

    /// Which budget does not allow one more attempt after so much more time, if one does not.
    ///
    /// To wait for less, so that a last attempt fits in, would bring all clients of an outage
    /// back at its end; to wait in full for nothing would only delay the news.
    pub(super) fn spent(
        &self,
        now: Duration,
        charged: Duration,
        attempts: Limit<u32>,
        time: Limit<Duration>,
    ) -> Option<Spent> {
        if !attempts.allows(&self.attempts.saturating_add(1)) {
            return Some(Spent::Attempts);
        }
        let ends = self.lasted(now).saturating_add(charged);
        (!time.allows(&ends)).then_some(Spent::Time)
    }
}

impl Serialize for Limit<u32> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AtMost(most) => serializer.serialize_u32(*most),
            Self::Unlimited => serializer.serialize_str(UNLIMITED),
        }
    }
}

impl<'de> Deserialize<'de> for Limit<u32> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Count)
    }
}

struct Count;

impl serde::de::Visitor<'_> for Count {
    type Value = Limit<u32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or \"unlimited\"")
    }

    fn visit_u64<E: serde::de::Error>(self, most: u64) -> Result<Self::Value, E> {
        let unexpected = serde::de::Unexpected::Unsigned(most);
        let most = u32::try_from(most).map_err(|_| E::invalid_value(unexpected, &self))?;
        Ok(Limit::AtMost(most))
    }

    fn visit_i64<E: serde::de::Error>(self, most: i64) -> Result<Self::Value, E> {
        let unexpected = serde::de::Unexpected::Signed(most);
        let most = u32::try_from(most).map_err(|_| E::invalid_value(unexpected, &self))?;
        Ok(Limit::AtMost(most))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text == UNLIMITED {
            return Ok(Limit::Unlimited);
        }
        Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

impl Serialize for Limit<Duration> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::AtMost(most) => duration::serialize(most, serializer),
            Self::Unlimited => serializer.serialize_str(UNLIMITED),
        }
    }
}

impl<'de> Deserialize<'de> for Limit<Duration> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == UNLIMITED {
            return Ok(Self::Unlimited);
        }
        duration::deserialize(text.into_deserializer()).map(Self::AtMost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_outage_ends_by_attempts_or_by_time() {
        let mut outage = Outage::none();
        let spent = |outage: &Outage, now, wait| {
            outage.spent(now, wait, Limit::AtMost(3), Limit::AtMost(s(300)))
        };
        outage.attempt(s(100));
        assert_eq!(spent(&outage, s(110), s(290)), None);
        assert_eq!(spent(&outage, s(110), s(291)), Some(Spent::Time));
        outage.forgive(s(5));
        assert_eq!(spent(&outage, s(110), s(295)), None);
        outage.attempt(s(111));
        outage.attempt(s(112));
        assert_eq!(spent(&outage, s(113), s(1)), Some(Spent::Attempts));
        let unlimited = outage.spent(Duration::MAX, s(1), Limit::Unlimited, Limit::Unlimited);
        assert_eq!(unlimited, None);
    }

    #[test]
    fn nothing_is_forgiven_before_there_is_an_outage() {
        let mut outage = Outage::none();
        outage.forgive(s(1_000));
        outage.begin(s(10));
        assert_eq!(outage.lasted(s(15)), s(5));
    }
}
