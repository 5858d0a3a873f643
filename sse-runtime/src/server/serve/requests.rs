//! The requests of one connection, on their way to the router.

use std::{
    convert::Infallible,
    future::ready,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{body::Body, extract::ConnectInfo, response::Response};
use http::{Extensions, Request, Version};
use http_body::Body as _;
use hyper::{body::Incoming, service::Service as HyperService};
use tower_service::Service as _;

use super::{
    super::{link::Link, served::Served},
    body::TimedBody,
    connection::Host,
};

/// What answers the requests of one connection.
#[derive(Clone)]
pub(super) struct Requests {
    pub(super) host: Arc<Host>,
    pub(super) link: Arc<Link>,
    pub(super) peer: SocketAddr,
    /// What the listener says about the connection; none where it says nothing.
    pub(super) extensions: Option<Box<Extensions>>,
}

/// An answer on its way. Boxed, because hyper keeps the room for it as long as the connection.
type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Requests {
    pub(super) const fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// Answers a request that came by this connection, or by this stream of it.
    pub(super) fn answer(&self, mut request: Request<Body>, link: Arc<Link>) -> Answering {
        let (mut parts, body) = request.into_parts();
        let pass = match self.host.door.check(&parts) {
            Ok(pass) => pass,
            Err(refusal) => return Box::pin(ready(Ok(*refusal))),
        };
        if let Some(extensions) = &self.extensions {
            parts.extensions.extend((**extensions).clone());
        }
        parts.extensions.insert(ConnectInfo(self.peer));
        parts.extensions.insert(Served { server: Arc::clone(&self.host.rules), link });
        // Over HTTP/2 one without a length may be half of a conversation, once that has begun.
        let may_talk = parts.version == Version::HTTP_2 && body.size_hint().exact().is_none();
        let answered = may_talk.then(Arc::<AtomicBool>::default);
        let body = self.timed(body, answered.clone());
        request = Request::from_parts(parts, body);
        let host = Arc::clone(&self.host);
        let mut router = self.host.router.clone();
        Box::pin(async move {
            let Ok(mut response) = router.call(request).await;
            if let Some(answered) = answered {
                answered.store(true, Ordering::Relaxed);
            }
            host.door.decorate(pass, response.headers_mut());
            Ok(response)
        })
    }
}

impl Requests {
    fn timed(&self, body: Body, answered: Option<Arc<AtomicBool>>) -> Body {
        if body.is_end_stream() {
            return body;
        }
        let timed = TimedBody::new(body, self.host.body_timeout);
        Body::new(match answered {
            Some(answered) => timed.until(answered),
            None => timed,
        })
    }
}

impl HyperService<Request<Incoming>> for Requests {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        self.answer(request.map(Body::new), Arc::clone(self.link()))
    }
}
