//! Letting pages of other origins read (CORS, as the Fetch standard has it).

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{crossing::Line, origins::Origins};

/// What a preflight of a listed origin is told. `Last-Event-ID` is what a page that reads by
/// `fetch` comes back with, and `Cache-Control` what some clients of `EventSource` send.
const PREFLIGHT: [(HeaderName, HeaderValue); 3] = [
    (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"),
    ),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "Last-Event-ID, Cache-Control, Content-Type, Authorization, X-Request-ID",
        ),
    ),
    // Two hours: browsers that are built on Chromium heed no more.
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200")),
];

/// What a page may see of a response beside its body.
const EXPOSED: HeaderValue = HeaderValue::from_static("X-Event-Source, X-Request-ID, Retry-After");

/// Lets the pages of listed origins read what a router answers: a layer for
/// `axum::Router::layer`, after the routes.
///
/// A page of a listed origin may send `Last-Event-ID`, `Cache-Control`, `Content-Type`,
/// `Authorization` and `X-Request-ID` by GET, HEAD, POST, PUT, PATCH and DELETE, and sees
/// `X-Event-Source`, `X-Request-ID` and `Retry-After` of the response. Its preflights are
/// answered here, with 204, and kept by the browser for two hours.
///
/// ```
/// use axum::{Router, routing::get};
/// use sse_runtime::Cors;
///
/// let cors = Cors::new(["https://shop.example", "http://localhost:5173"])?.credentials();
/// let app: Router = Router::new().route("/prices", get(|| async { "12" })).layer(cors);
/// # Ok::<(), sse_runtime::InvalidOrigins>(())
/// ```
///
/// The origin that asks is answered, never `*`: with `*` a list would be for nothing, and a
/// browser refuses it together with credentials. Every response says `Vary: Origin`, also one
/// to nobody in particular, because a cache would give that one to a page of a listed origin.
/// Where a handler or a layer within has said `Access-Control-Allow-Origin` itself, that stands.
///
/// It opens, and closes nothing: a request of a page that is not listed still reaches the
/// handler, and only the answer is kept from the page.
///
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cors {
    origins: Arc<Origins>,
    credentials: bool,
}

impl Cors {
    /// For these origins: scheme, host, and the port where it is not the usual one. Exact ones;
    /// there are no patterns. Without cookies, unless [`credentials`](Self::credentials) is
    /// called. An empty list lets no page in.
    ///
    /// # Errors
    ///
    /// [`InvalidOrigins`], which names every entry that is no origin, `*` and `null` among them.
    pub fn new<T: AsRef<str>>(
        origins: impl IntoIterator<Item = T>,
    ) -> Result<Self, InvalidOrigins> {
        match Origins::listed(origins) {
            Ok(origins) => Ok(Self::of(origins)),
            Err(faults) => Err(InvalidOrigins { faults }),
        }
    }

    /// Lets the pages send cookies and other credentials of the browser, which
    /// `new EventSource(url, { withCredentials: true })` and `fetch` with
    /// `credentials: "include"` ask for. Every listed origin then acts for its visitor.
    #[must_use]
    pub const fn credentials(mut self) -> Self {
        self.credentials = true;
        self
    }

    pub(in crate::server) fn of(origins: Origins) -> Self {
        Self { origins: Arc::new(origins), credentials: false }
    }

    /// The answer to a preflight of a listed origin, `None` for every other request.
    pub(in crate::server) fn preflight<B: Default>(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Option<Response<B>> {
        if *method != Method::OPTIONS
            || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        let granted = self.granted(headers)?;
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let told = response.headers_mut();
        told.extend(PREFLIGHT);
        self.allow(told, granted);
        vary_on_origin(told);
        Some(response)
    }

    /// The origin of the request, if it is a listed one. As it was sent, because the browser
    /// compares bytes; copied, because a value that is kept would keep the read buffer of the
    /// connection.
    pub(in crate::server) fn granted(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        match Line::of(headers, &header::ORIGIN) {
            Line::One(origin) if self.origins.allows(origin) => HeaderValue::from_str(origin).ok(),
            _ => None,
        }
    }

    /// Tells a response whom it is for. `granted` is what [`granted`](Self::granted) said of the
    /// request.
    pub(in crate::server) fn decorate(
        &self,
        headers: &mut HeaderMap,
        granted: Option<HeaderValue>,
    ) {
        vary_on_origin(headers);
        if let Some(granted) = granted
            && !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        {
            self.allow(headers, granted);
            headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        }
    }

    fn allow(&self, headers: &mut HeaderMap, origin: HeaderValue) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            let yes = HeaderValue::from_static("true");
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
    }
}

/// One more line, so that what is there is not read and written anew; `*` says it already.
fn vary_on_origin(headers: &mut HeaderMap) {
    let says_it = |field: &[u8]| {
        let field = field.trim_ascii();
        field == b"*" || field.eq_ignore_ascii_case(b"origin")
    };
    let mut lines = headers.get_all(header::VARY).iter();
    if !lines.any(|line| line.as_bytes().split(|&byte| byte == b',').any(says_it)) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}

impl<S> Layer<S> for Cors {
    type Service = CorsService<S>;

    fn layer(&self, inner: S) -> CorsService<S> {
        CorsService { inner, cors: self.clone() }
    }
}

/// The service of [`Cors`].
#[derive(Debug, Clone)]
pub struct CorsService<S> {
    inner: S,
    cors: Cors,
}

impl<S, A, B> Service<Request<A>> for CorsService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    B: Default,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = CorsFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let state = match self.cors.preflight(request.method(), request.headers()) {
            Some(response) => State::Preflight { response: Some(response) },
            None => State::Asked {
                granted: self.cors.granted(request.headers()),
                cors: self.cors.clone(),
                response: self.inner.call(request),
            },
        };
        CorsFuture { state }
    }
}

pin_project! {
    /// The response of a [`CorsService`], to come.
    #[derive(Debug)]
    pub struct CorsFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[derive(Debug)]
    enum State<F, B> {
        Asked { #[pin] response: F, cors: Cors, granted: Option<HeaderValue> },
        Preflight { response: Option<Response<B>> },
    }
}

impl<F, B, E> Future for CorsFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().state.project() {
            StateProjection::Asked { response, cors, granted } => {
                let mut response = ready!(response.poll(cx))?;
                cors.decorate(response.headers_mut(), granted.take());
                Poll::Ready(Ok(response))
            }
            // Nothing more comes, for who asks after the end.
            StateProjection::Preflight { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}

/// What is wrong with a list of origins, all of it. Mend each entry that it names.
///
/// ```
/// use sse_runtime::Cors;
///
/// let wrong = Cors::new(["shop.example", "https://admin.example/"]).unwrap_err();
/// assert_eq!(
///     wrong.to_string(),
///     "`shop.example` is no origin: write `https://shop.example`; \
///      `https://admin.example/` is no origin: write `https://admin.example`"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidOrigins {
    faults: Vec<String>,
}

impl fmt::Display for InvalidOrigins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("; "))
    }
}

impl std::error::Error for InvalidOrigins {}
