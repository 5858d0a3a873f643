//! Whether a configuration makes sense, with everything that does not.

use std::{fmt, time::Duration};

use super::{ClientConfig, backoff::SHORTEST, budget::Limit, silence::Silence};

/// What is wrong with a [`ClientConfig`], all of it. Mend each value that it names.
///
/// ```
/// use sse_runtime::client::ClientConfig;
///
/// let wrong = ClientConfig::new().attempts(0).max_redirects(99);
/// assert_eq!(
///     wrong.check().unwrap_err().to_string(),
///     "`attempts` is 0, and nothing would ever be asked: write 1 or more; \
///      `max_redirects` is 99: write 0 to 20"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidClientConfig {
    faults: Vec<String>,
}

impl fmt::Display for InvalidClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("; "))
    }
}

impl std::error::Error for InvalidClientConfig {}

/// Longer waits and clocks are surely meant otherwise.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Shorter clocks fire on healthy networks.
const SHORTEST_SILENCE: Duration = Duration::from_secs(1);
/// More are a loop.
const MOST_REDIRECTS: u32 = 20;

impl ClientConfig {
    /// Checks the whole.
    ///
    /// # Errors
    ///
    /// [`InvalidClientConfig`], which lists everything that is wrong.
    pub fn check(&self) -> Result<(), InvalidClientConfig> {
        let mut faults = Vec::new();
        let mut within = |name: &str, time: Duration, least: Duration, most: Duration| {
            if time < least || time > most {
                faults.push(format!("`{name}` is {time:?}: write {least:?} to {most:?}"));
            }
        };
        let max_delay = self.max_delay.clamp(SHORTEST, LONGEST);
        within("max_delay", self.max_delay, SHORTEST, LONGEST);
        within("first_delay", self.first_delay, SHORTEST, max_delay);
        if let Limit::AtMost(outage) = self.outage {
            within("outage", outage, self.first_delay, Duration::MAX);
        }
        for (name, time) in [
            ("connect_timeout", Some(self.connect_timeout)),
            ("head_timeout", Some(self.head_timeout)),
            ("first_event_timeout", self.first_event_timeout),
            ("event_timeout", self.event_timeout),
        ] {
            if let Some(time) = time {
                within(name, time, SHORTEST, LONGEST * 24);
            }
        }
        if let Silence::After(time) = self.silence {
            within("silence", time, SHORTEST_SILENCE, LONGEST * 24);
        }
        for (name, time) in [
            ("idle_timeout", self.idle_timeout),
            ("keepalive", self.keepalive),
            ("user_timeout", self.user_timeout),
        ] {
            within(name, time, Duration::from_secs(1), LONGEST * 24);
        }
        if self.attempts == Limit::AtMost(0) {
            faults.push("`attempts` is 0, and nothing would ever be asked: write 1 or more".into());
        }
        for (name, bytes, least) in [
            ("max_event", self.max_event, 1_024),
            ("max_line", self.max_line, 1_024),
            // A position of each of five channels, and a name of 64 characters.
            ("max_name", self.max_name, 128),
        ] {
            if bytes < least {
                faults.push(format!("`{name}` is {bytes}: write {least} or more"));
            }
        }
        if self.max_expansion == 0 {
            faults.push("`max_expansion` is 0: write 1 or more".into());
        }
        if self.max_redirects > MOST_REDIRECTS {
            let redirects = self.max_redirects;
            faults.push(format!("`max_redirects` is {redirects}: write 0 to {MOST_REDIRECTS}"));
        }
        faults.extend(self.retry.faults());
        if faults.is_empty() { Ok(()) } else { Err(InvalidClientConfig { faults }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{RetryTable, Rule};

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut table = RetryTable::new();
        table.set_status(200, Rule::Fatal);
        let wrong = ClientConfig::new()
            .first_delay(Duration::ZERO)
            .connect_timeout(Duration::ZERO)
            .silence(Duration::from_millis(5))
            .attempts(0)
            .retry(table);
        let told = wrong.check().unwrap_err().to_string();
        assert_eq!(told.matches("; ").count(), 4, "{told}");
        assert!(told.contains("`first_delay` is 0ns: write 10ms to 60s"), "{told}");
        assert!(told.contains("`retry` has a rule for 200"), "{told}");
    }
}
