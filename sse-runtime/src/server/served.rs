//! What [`serve`](crate::serve()) gives to each request on its way to a handler.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use http::{HeaderMap, request::Parts};

use super::{drain::Drain, link::Link, options::Defaults, serve::ServeHandle};

/// The server and the connection behind a request. A type of its own, so that nobody else can
/// come to rely on it.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) server: Arc<Rules>,
    pub(super) link: Arc<Link>,
}

/// What a server has decided for all of its streams.
pub(super) struct Rules {
    pub(super) handle: ServeHandle,
    pub(super) drain: Drain,
    pub(super) defaults: Defaults,
    /// The greatest age of a stream.
    pub(super) max_age: Option<Duration>,
    /// How often the hook of an [`Access`](super::Access) is asked.
    pub(super) reauthorize: Duration,
    pub(super) principal: Option<Name>,
    pub(super) client: Client,
}

/// The hook that names the principal of a request.
pub(super) type Name = Box<dyn Fn(&Parts) -> Option<Arc<str>> + Send + Sync>;

/// Finds the address that a request comes from, behind the proxies that are trusted.
pub(super) type Client = Box<dyn Fn(IpAddr, &HeaderMap) -> IpAddr + Send + Sync>;

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("drain", &self.drain)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}
