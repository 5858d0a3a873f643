//! One connection, from its handshake to its end.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use http::Extensions;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    select,
    time::{Instant, timeout_at},
};

use super::{
    super::{link::Link, served::Rules},
    clock::{HeadClock, HeadTimes},
    connections::Party,
    door::Door,
    http1::Http1,
    http2::Http2,
    listener::{Accepted, Established, Protocol},
    protocol,
    requests::Requests,
    socket::Tuning,
    watched::Watched,
};

/// What every connection of a server is given.
pub(super) struct Host {
    pub(super) router: Router,
    pub(super) door: Door,
    pub(super) rules: Arc<Rules>,
    pub(super) tuning: Tuning,
    pub(super) http1: Http1,
    pub(super) http2: Http2,
    pub(super) head_timeout: Duration,
    pub(super) write_timeout: Duration,
    pub(super) body_timeout: Duration,
}

/// A connection that is ready for requests.
struct Ready<I> {
    io: Watched<I>,
    protocol: Protocol,
    extensions: Extensions,
}

impl HeadTimes for Host {
    fn head(&self) -> Duration {
        self.head_timeout
    }

    fn idle(&self) -> Duration {
        self.http1.idle
    }
}

impl Host {
    /// Makes a connection ready, and has it carried to its end.
    pub(super) async fn welcome<A: Accepted>(
        self: Arc<Self>,
        accepted: A,
        link: Arc<Link>,
        mut party: Party,
    ) {
        let due = Instant::now() + self.head_timeout;
        let peer = accepted.peer();
        if let Some(tcp) = accepted.tcp() {
            self.tuning.apply(tcp);
        }
        let ready = select! {
            biased;
            () = party.cut() => return,
            ready = timeout_at(due, self.ready(accepted, Arc::clone(&link))) => ready,
        };
        let Ready { io, protocol, extensions } = match ready {
            Ok(Ok(Some(ready))) => ready,
            Ok(Ok(None)) => return,
            Ok(Err(error)) => {
                // As a string, which is escaped: the peer may have a word in it.
                let error = error.to_string();
                return tracing::debug!(%peer, error, "a handshake failed");
            }
            Err(_late) => return tracing::debug!(%peer, "a handshake took too long"),
        };
        let requests = Requests {
            host: Arc::clone(&self),
            link,
            peer,
            extensions: (!extensions.is_empty()).then(|| Box::new(extensions)),
        };
        party.forget();
        self.speak(protocol, io, requests, party, due).await;
    }

    async fn ready<A: Accepted>(
        &self,
        accepted: A,
        link: Arc<Link>,
    ) -> io::Result<Option<Ready<A::Io>>> {
        let Established { io, protocol, meter, extensions } = accepted.establish().await?;
        let mut io = Watched::new(io, link, self.write_timeout).metered(meter);
        let protocol = match protocol {
            Some(protocol) => Some(protocol),
            None => protocol::find(&mut io).await?,
        };
        Ok(protocol.map(|protocol| Ready { io, protocol, extensions }))
    }

    async fn speak<I>(
        &self,
        protocol: Protocol,
        io: Watched<I>,
        requests: Requests,
        party: Party,
        due: Instant,
    ) where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        // Who comes while the server goes away gets one answer.
        let keep_alive = !self.rules.drain.is_draining();
        match protocol {
            Protocol::Http1 => {
                let link = Arc::clone(requests.link());
                let clock = HeadClock::new(link, Arc::clone(&requests.host), due);
                self.http1.carry(io, requests, party, clock, keep_alive).await;
            }
            Protocol::Http2 => self.http2.carry(io, requests, party, due, keep_alive),
        }
    }
}
