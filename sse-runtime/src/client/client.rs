//! The client, of which streams are asked.

use std::{fmt, sync::Arc};

use super::{
    ClientConfig, ClientError, EventSource, RequestError, StreamRequest, dial::DialLayer,
    resolver::Resolver,
};
use crate::event::DecodeEvent;

/// Asks for streams. Made once and cloned, which costs a counter: all clones share one pool of
/// connections (pitfall P2).
///
/// ```
/// use std::time::Duration;
/// use sse_runtime::client::{Client, ClientConfig};
///
/// # fn main() -> Result<(), sse_runtime::client::ClientError> {
/// let client = Client::with_config(ClientConfig::new().outage(Duration::from_secs(3600)))?;
/// let for_another_task = client.clone();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    transport: reqwest::Client,
    config: Arc<ClientConfig>,
}

impl Client {
    /// A client with every default.
    ///
    /// # Errors
    ///
    /// [`ClientError::Transport`] where this machine gives no TLS, as without any root.
    pub fn new() -> Result<Self, ClientError> {
        Self::with_config(ClientConfig::new())
    }

    /// A client that goes by a configuration.
    ///
    /// # Errors
    ///
    /// [`ClientError::Config`] where it makes no sense, with everything that is wrong, and
    /// [`ClientError::Transport`] as for [`new`](Self::new).
    pub fn with_config(config: ClientConfig) -> Result<Self, ClientError> {
        Self::with_transport(config, |builder| builder)
    }

    /// A client whose transport is set up by the program: roots and client certificates, a
    /// proxy, addresses of names. Whatever a stream needs is set already; what is set once more
    /// here holds. Redirects and `gzip` are the client's own business, and stay so.
    ///
    /// No secrets in `default_headers`: the transport adds them to whatever is asked, and so to
    /// the host that a redirect leads to. [`StreamRequest::header`] and
    /// [`StreamRequest::headers`] keep theirs back.
    ///
    /// ```
    /// use sse_runtime::client::{Client, ClientConfig};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::with_transport(ClientConfig::new(), |transport| {
    ///     transport.no_proxy().resolve("shop.example", ([127, 0, 0, 1], 8443).into())
    /// })?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`with_config`](Self::with_config).
    pub fn with_transport(
        config: ClientConfig,
        set_up: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> Result<Self, ClientError> {
        config.check().map_err(ClientError::Config)?;
        let builder = set_up(transport(&config))
            // Not by the transport: credentials, budgets and clocks depend on them.
            .redirect(reqwest::redirect::Policy::none())
            // Outermost, so that it tells of all that the program put below it.
            .connector_layer(DialLayer);
        let transport =
            builder.build().map_err(|error| ClientError::Transport(error.to_string()))?;
        Ok(Self { transport, config: Arc::new(config) })
    }

    /// A stream of events of this type, with the source that the type names (pitfall P8). It is
    /// asked for with the first poll.
    ///
    /// # Errors
    ///
    /// [`ClientError`] for a URL that cannot be asked, and for an event type without a source.
    pub fn subscribe<E: DecodeEvent>(
        &self,
        url: impl AsRef<str>,
    ) -> Result<EventSource<E>, ClientError> {
        self.request(url).subscribe()
    }

    /// A stream of a server that is not of this crate: no source is asked for, no `sse.open` and
    /// no form of ids.
    ///
    /// ```no_run
    /// use sse_runtime::{SseEvent, client::{Client, ClientError, EventSource}};
    ///
    /// #[derive(SseEvent)]
    /// #[sse(decode_only)]
    /// enum Change {
    ///     #[sse(name = "message")]
    ///     Edit { title: String, user: String },
    /// }
    ///
    /// # fn changes(client: Client) -> Result<EventSource<Change>, ClientError> {
    /// client.subscribe_foreign("https://stream.example/v2/changes")
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ClientError`] for a URL that cannot be asked.
    pub fn subscribe_foreign<E: DecodeEvent>(
        &self,
        url: impl AsRef<str>,
    ) -> Result<EventSource<E>, ClientError> {
        self.request(url).foreign().subscribe()
    }

    /// A stream that is asked for with more than a URL: a method, a body, headers, a position.
    pub fn request<E: DecodeEvent>(&self, url: impl AsRef<str>) -> StreamRequest<E> {
        StreamRequest::new(self.transport.clone(), Arc::clone(&self.config), url.as_ref())
    }
}

/// What a stream needs of its transport.
fn transport(config: &ClientConfig) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .dns_resolver(Resolver)
        .pool_idle_timeout(config.idle_timeout)
        .tcp_keepalive(config.keepalive)
        .tcp_keepalive_interval(config.keepalive / 3)
        .tcp_nodelay(true);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let builder = builder.tcp_user_timeout(config.user_timeout);
    builder
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Reads a URL, without ever telling what it is: it may hold a secret.
pub(super) fn read_url(url: &str) -> Result<url::Url, RequestError> {
    let parsed = url::Url::parse(url).map_err(|error| RequestError::Url(error.to_string()))?;
    match parsed.scheme() {
        "http" | "https" => Ok(parsed),
        scheme => Err(RequestError::Url(format!("its scheme is `{scheme}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_9_a_url_that_is_none_is_told_before_any_request_and_never_repeated() {
        for (url, what) in [
            ("shop.example/?token=secret", "relative URL without a base"),
            ("ftp://shop.example/secret", "its scheme is `ftp`"),
            ("https://", "empty host"),
            ("https://shop.example:99999/secret", "invalid port number"),
        ] {
            let told = read_url(url).unwrap_err().to_string();
            assert!(told.contains(what) && !told.contains("secret"), "{url}: {told}");
        }
        assert!(read_url("https://shop.example/events?tenant=a").is_ok());
    }
}
