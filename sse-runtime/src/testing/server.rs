//! The server of a test: a router and no socket.

use axum::{Router, body::Body};
use http::{HeaderName, HeaderValue, Method, Request, header::CONTENT_TYPE, request::Builder};
use tower_service::Service as _;

use super::{
    error::TestError,
    link::{Faults, Link},
    reader::{Came, TestReader},
};
use crate::{names::LAST_EVENT_ID_HEADER, wire::EventId};

/// A router that test readers connect to, without a network.
///
/// ```
/// # use axum::{Router, routing::get};
/// # use futures_util::stream::{self, Stream};
/// # use sse_runtime::{SseEvent, sse_handler};
/// use sse_runtime::testing::TestServer;
///
/// # #[derive(SseEvent, Debug, PartialEq)]
/// # #[sse(source = "inventory")]
/// # enum InventoryEvent { SoldOut }
/// # #[sse_handler]
/// # async fn inventory() -> impl Stream<Item = InventoryEvent> { stream::iter([InventoryEvent::SoldOut]) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sse_runtime::testing::TestError> {
/// let server = TestServer::new(Router::new().route("/events", get(inventory)));
/// let mut reader = server.get("/events").connect().await?;
/// assert_eq!(reader.next::<InventoryEvent>().await?.event, InventoryEvent::SoldOut);
/// # Ok(())
/// # }
/// ```
///
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct TestServer {
    router: Router,
}

impl TestServer {
    /// Serves a router, with its state in it.
    #[must_use]
    pub const fn new(router: Router) -> Self {
        Self { router }
    }

    /// A reader's `GET`.
    pub fn get(&self, uri: &str) -> TestRequest {
        self.request(Method::GET, uri, Vec::new())
    }

    /// A `POST` with a body of JSON, for a stream that answers one.
    pub fn post(&self, uri: &str, json: impl Into<Vec<u8>>) -> TestRequest {
        let request = self.request(Method::POST, uri, json.into());
        request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    fn request(&self, method: Method, uri: &str, body: Vec<u8>) -> TestRequest {
        TestRequest {
            server: self.clone(),
            method,
            uri: uri.to_owned(),
            headers: Vec::new(),
            body,
            last_event_id: None,
            faults: Faults::default(),
            keeps_repeats: false,
        }
    }
}

/// A request that is about to be sent, and what is to happen to its connection. See
/// [`TestServer`].
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until it is sent with `connect`"]
pub struct TestRequest {
    server: TestServer,
    method: Method,
    uri: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
    last_event_id: Option<EventId>,
    faults: Faults,
    pub(super) keeps_repeats: bool,
}

impl TestRequest {
    /// With a header. One that is sent twice stands there twice.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// From a reader that has seen this id.
    pub fn last_event_id(mut self, id: &EventId) -> Self {
        self.last_event_id = Some(id.clone());
        self
    }

    /// From a browser, which gives up on any status but 200.
    pub fn from_browser(self) -> Self {
        let name = HeaderName::from_static("sec-fetch-mode");
        self.header(name, HeaderValue::from_static("cors"))
    }

    /// The connection breaks after so many bytes of the body.
    pub const fn cut_at(mut self, byte: u64) -> Self {
        self.faults.cut_at = Some(byte);
        self
    }

    /// The connection stands still after so many bytes of the body, until the reader
    /// [goes on](TestReader::go_on). Until then the handler is not asked for more, as behind
    /// a socket that is full.
    pub const fn stall_at(mut self, byte: u64) -> Self {
        self.faults.stall_at = Some(byte);
        self
    }

    /// The block that holds this byte of the body comes twice, as from a proxy that sends again
    /// what it was not sure of. The reader drops what it has seen, and
    /// [counts](TestReader::repeats) it.
    pub const fn repeat_at(mut self, byte: u64) -> Self {
        self.faults.repeat_at = Some(byte);
        self
    }

    /// Every byte comes alone.
    pub const fn dribble(mut self) -> Self {
        self.faults.dribbles = true;
        self
    }

    /// The reader keeps what it has seen before, for a test that counts.
    pub const fn keep_repeats(mut self) -> Self {
        self.keeps_repeats = true;
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// [`TestError::Refused`] where the answer is no stream, [`TestError::Request`] where the
    /// request is none.
    pub async fn connect(self) -> Result<TestReader, TestError> {
        let came = Came::at(self.last_event_id.clone());
        self.connect_with(came).await
    }

    /// Sends the request for a reader that has come before.
    pub(super) async fn connect_with(mut self, came: Came) -> Result<TestReader, TestError> {
        self.last_event_id.clone_from(&came.last_event_id);
        let request = self.build().map_err(TestError::Request)?;
        let Ok(response) = self.server.router.clone().call(request).await;
        if response.status() != http::StatusCode::OK {
            return Err(TestError::Refused(response.status()));
        }
        let (head, body) = response.into_parts();
        Ok(TestReader::new(self.clone(), head.headers, Link::new(body, self.faults), came))
    }

    fn build(&self) -> Result<Request<Body>, http::Error> {
        let begin = Request::builder().method(self.method.clone()).uri(&self.uri);
        let with = |request: Builder, (name, value): &(HeaderName, HeaderValue)| {
            request.header(name, value)
        };
        let mut request = self.headers.iter().fold(begin, with);
        if let Some(id) = &self.last_event_id {
            request = request.header(LAST_EVENT_ID_HEADER, id.as_str());
        }
        request.body(Body::from(self.body.clone()))
    }

    /// The same request, on a connection without faults.
    pub(super) fn again(mut self) -> Self {
        self.faults = Faults::default();
        self
    }
}
