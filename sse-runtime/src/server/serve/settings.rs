//! A configuration that was checked as a whole.

use std::{fmt, net::SocketAddr, time::Duration};

use super::{
    super::{
        gate::{Cors, Hosts, Origins, Proxies},
        options::Defaults,
        streams::Limits,
    },
    config::ServeConfig,
    door::Door,
    http1::Http1,
    http2::Http2,
    socket::Tuning,
};

/// What a server goes by.
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) proxies: Proxies,
    pub(super) door: Door,
    pub(super) defaults: Defaults,
    pub(super) http1: Http1,
    pub(super) http2: Http2,
    pub(super) tuning: Tuning,
}

/// What is wrong with a [`ServeConfig`], all of it. Mend each value that it names.
///
/// ```
/// use std::time::Duration;
/// use sse_runtime::serve::ServeConfig;
///
/// let wrong = ServeConfig::new().heartbeat(Duration::from_secs(60)).allowed_origins(["*"]);
/// let faults = wrong.check().unwrap_err().to_string();
/// assert!(faults.contains("`heartbeat` is 1m") && faults.contains("`allowed_origins`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidServeConfig {
    faults: Vec<String>,
}

impl fmt::Display for InvalidServeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("; "))
    }
}

impl std::error::Error for InvalidServeConfig {}

impl ServeConfig {
    /// Checks the whole.
    ///
    /// # Errors
    ///
    /// [`InvalidServeConfig`], which lists everything that is wrong.
    pub fn check(&self) -> Result<(), InvalidServeConfig> {
        self.settings(None).map(|_settings| ())
    }

    /// What a server goes by that listens on this address.
    pub(super) fn settings(
        &self,
        listens: Option<SocketAddr>,
    ) -> Result<Settings, InvalidServeConfig> {
        let mut faults = Vec::new();
        self.check_times(&mut faults);
        self.check_sizes(&mut faults);
        let hosts = match (self.allowed_hosts.as_slice(), listens) {
            ([], Some(address)) if address.ip().to_canonical().is_loopback() => Hosts::loopback(),
            ([], _) => Hosts::any(),
            (listed, _) => {
                good("allowed_hosts", Hosts::listed(listed), &mut faults).unwrap_or_else(Hosts::any)
            }
        };
        let origins = Origins::listed(&self.allowed_origins);
        let origins = good("allowed_origins", origins, &mut faults).unwrap_or_else(Origins::none);
        let proxies = Proxies::listed(&self.trusted_proxies, self.forwarded_header);
        let proxies = good("trusted_proxies", proxies, &mut faults);
        let (true, Some(proxies)) = (faults.is_empty(), proxies) else {
            return Err(InvalidServeConfig { faults });
        };
        let cors = Cors::of(origins.clone());
        let cors = if self.credentials { cors.credentials() } else { cors };
        Ok(Settings {
            limits: Limits {
                all: self.max_streams,
                address: self.max_streams_per_address,
                principal: self.max_streams_per_principal.unwrap_or(usize::MAX),
            },
            proxies,
            door: Door { hosts, origins, cors },
            defaults: Defaults { heartbeat: self.heartbeat, retry: self.retry },
            http1: Http1 { largest_head: self.largest_head, idle: self.idle_timeout },
            http2: Http2 {
                largest_head: self.largest_head,
                idle: self.idle_timeout,
                write_timeout: self.write_timeout,
                keepalive: self.keepalive,
                send_buffer: self.largest_head,
            },
            tuning: Tuning {
                send_buffer: self.send_buffer,
                keepalive: self.keepalive,
                user_timeout: self.user_timeout,
            },
        })
    }

    fn check_times(&self, faults: &mut Vec<String>) {
        let second = Duration::from_secs(1);
        let day = Duration::from_secs(24 * 60 * 60);
        let year = 365 * day + day / 4;
        let of_millis = Duration::from_millis;
        let age = self.max_age.unwrap_or(second);
        for (name, value, least, most) in [
            ("heartbeat", self.heartbeat, second, of_millis(50_000)),
            ("retry", self.retry, of_millis(10), of_millis(300_000)),
            ("head_timeout", self.head_timeout, of_millis(100), day),
            ("idle_timeout", self.idle_timeout, of_millis(100), day),
            ("write_timeout", self.write_timeout, of_millis(100), day),
            ("body_timeout", self.body_timeout, of_millis(100), day),
            ("keepalive", self.keepalive, second, day),
            ("user_timeout", self.user_timeout, second, day),
            ("drain", self.drain, Duration::ZERO, day),
            ("drain_delay", self.drain_delay, Duration::ZERO, day),
            ("spread", self.spread, Duration::ZERO, day),
            ("max_age", age, second, year),
            ("reauthorize", self.reauthorize, second, day),
        ] {
            if !(least..=most).contains(&value) {
                let [value, least, most] = [value, least, most].map(humantime::format_duration);
                faults.push(format!("`{name}` is {value}: write {least} to {most}"));
            }
        }
    }

    fn check_sizes(&self, faults: &mut Vec<String>) {
        for (name, value) in [
            ("max_streams", Some(self.max_streams)),
            ("max_streams_per_address", Some(self.max_streams_per_address)),
            ("max_streams_per_principal", self.max_streams_per_principal),
            ("max_connections", self.max_connections),
        ] {
            if value == Some(0) {
                faults.push(format!("`{name}` is 0, and nobody would be served: write 1 or more"));
            }
        }
        let kib = 1024;
        for (name, value, least, most) in [
            ("largest_head", self.largest_head, 8 * kib, kib * kib),
            ("send_buffer", self.send_buffer, 4 * kib, 64 * kib * kib),
        ] {
            if !(least..=most).contains(&value) {
                faults.push(format!("`{name}` is {value} bytes: write {least} to {most}"));
            }
        }
    }
}

/// The value, or what is wrong with it among the faults.
fn good<T>(name: &str, value: Result<T, Vec<String>>, faults: &mut Vec<String>) -> Option<T> {
    match value {
        Ok(value) => Some(value),
        Err(wrong) => {
            faults.extend(wrong.iter().map(|fault| format!("`{name}`: {fault}")));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_good() {
        assert_eq!(ServeConfig::new().check(), Ok(()));
        assert_eq!(ServeConfig::default(), ServeConfig::new());
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let wrong = ServeConfig::new()
            .heartbeat(Duration::from_secs(60))
            .retry(Duration::ZERO)
            .max_age(Duration::ZERO)
            .send_buffer(1)
            .max_streams(0)
            .allowed_hosts(["a b"])
            .allowed_origins(["*", "null"])
            .trusted_proxies(["10.0.0.0/99"]);
        let told = wrong.check().unwrap_err();
        assert_eq!(told.faults.len(), 9, "{told}");
        for name in
            ["heartbeat", "retry", "max_age", "send_buffer", "trusted_proxies", "max_streams"]
        {
            assert!(told.to_string().contains(&format!("`{name}`")), "{told}");
        }
    }

    #[test]
    fn it_comes_back_as_it_was_written() {
        let config = ServeConfig::new()
            .max_streams_per_principal(3)
            .max_age(Duration::from_millis(90_500))
            .allowed_hosts(["shop.example"]);
        for config in [ServeConfig::new(), config] {
            let text = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<ServeConfig>(&text).unwrap(), config, "{text}");
        }
    }

    #[test]
    fn a_field_that_does_not_exist_is_named() {
        let error = serde_json::from_str::<ServeConfig>(r#"{"max_stream": 5}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `max_stream`"), "{error}");
    }
}
