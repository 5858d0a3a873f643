//! A stream as it is asked for.

use std::{fmt, future::Future, marker::PhantomData, pin::Pin, sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Serialize;
use tokio::time::Instant;
use url::Url;

use super::{
    Attempt, ClientConfig, ClientError, EventSource, Failure, LastEventId, Machine, Request,
    RequestError, Timeline,
    client::read_url,
    exchange::Plan,
    feed::Feed,
    hook::Hook,
    reading::Reading,
    shell::Shell,
    terms::{Missed, Terms},
    trace::Trace,
};
use crate::{
    event::{DecodeEvent, End},
    names::TRACEPARENT_FIELD,
    position::Cursor,
    wire::{Decoder, DecoderLimits, TraceParent},
};

/// A stream that is asked for with more than a URL.
///
/// ```no_run
/// use sse_runtime::{SseEvent, client::{Client, ClientError, EventSource, Method}};
///
/// #[derive(SseEvent)]
/// #[sse(source = "assistant")]
/// enum Token {
///     Delta(String),
///     #[sse(terminal)]
///     Done,
/// }
///
/// # fn complete(client: Client) -> Result<EventSource<Token>, ClientError> {
/// client
///     .request::<Token>("https://assistant.example/complete")
///     .method(Method::POST)
///     .json(&["why", "is", "the", "sky", "blue"])
///     .subscribe()
/// # }
/// ```
#[must_use = "nothing is asked for before `subscribe`"]
pub struct StreamRequest<E> {
    transport: reqwest::Client,
    config: Arc<ClientConfig>,
    url: Option<Url>,
    method: Method,
    headers: HeaderMap,
    body: Option<Bytes>,
    hook: Option<Hook>,
    position: Option<LastEventId>,
    resend: bool,
    foreign: bool,
    event_sources: bool,
    missed: Missed,
    heartbeats: bool,
    states: bool,
    until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// The first thing that cannot be asked for.
    wrong: Option<RequestError>,
    event: PhantomData<fn() -> E>,
}

impl<E: DecodeEvent> StreamRequest<E> {
    pub(super) fn new(transport: reqwest::Client, config: Arc<ClientConfig>, url: &str) -> Self {
        let (url, wrong) = match read_url(url) {
            Ok(url) => (Some(url), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            transport,
            config,
            url,
            method: Method::GET,
            headers: HeaderMap::new(),
            body: None,
            hook: None,
            position: None,
            resend: false,
            foreign: false,
            event_sources: true,
            missed: Missed::Errors,
            heartbeats: false,
            states: false,
            until: None,
            wrong,
            event: PhantomData,
        }
    }

    /// Another method than GET.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// A body of JSON, with its content type.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.body(HeaderValue::from_static("application/json"), json),
            Err(error) => self.wrong(RequestError::Body(error.to_string())),
        }
    }

    /// A body, with its content type.
    pub fn body(mut self, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, content_type);
        self.body = Some(body.into());
        self
    }

    /// A header of each attempt, beside those of the same name. `Authorization`, `Cookie`,
    /// `Proxy-Authorization` and every value that is marked as
    /// [sensitive](HeaderValue::set_sensitive), as that of an `X-Api-Key` should be, stay with
    /// the host that they are meant for, wherever a redirect leads.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName> + fmt::Display,
        V: TryInto<HeaderValue>,
    {
        let shown = name.to_string();
        match (name.try_into(), value.try_into()) {
            // One content type: `json` has said another.
            (Ok(name), Ok(value)) if name == header::CONTENT_TYPE => {
                self.headers.insert(name, value);
                self
            }
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
                self
            }
            _ => self.wrong(RequestError::Header(shown)),
        }
    }

    /// Headers that are made anew for each attempt, for tokens that expire. They take the place
    /// of those of the same name. A 401 and an `sse.bye` with `expired` ask once more, with
    /// [`refused`](Attempt::refused) set, before the stream fails. The clock of the head runs
    /// meanwhile. None of these headers goes to another host.
    ///
    /// ```no_run
    /// # use sse_runtime::{SseEvent, client::{Client, ClientError, EventSource, HeaderMap, HeaderValue, header}};
    /// # #[derive(SseEvent)]
    /// # #[sse(source = "inventory")]
    /// # enum InventoryEvent { Left(u32) }
    /// # #[derive(Clone)]
    /// # struct Tokens;
    /// # impl Tokens { async fn get(&self, fresh: bool) -> Result<String, std::io::Error> { Ok(String::new()) } }
    /// # fn listen(client: Client, tokens: Tokens) -> Result<EventSource<InventoryEvent>, ClientError> {
    /// client
    ///     .request("https://shop.example/events/inventory")
    ///     .headers(move |attempt| {
    ///         let tokens = tokens.clone();
    ///         async move {
    ///             let token = tokens.get(attempt.refused).await?;
    ///             let mut value = HeaderValue::try_from(format!("Bearer {token}"))
    ///                 .map_err(std::io::Error::other)?;
    ///             value.set_sensitive(true);
    ///             Ok::<_, std::io::Error>(HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
    ///         }
    ///     })
    ///     .subscribe()
    /// # }
    /// ```
    pub fn headers<F, Fut, X>(mut self, make: F) -> Self
    where
        F: Fn(Attempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<HeaderMap, X>> + Send + 'static,
        X: fmt::Display,
    {
        self.hook = Some(Hook::new(make));
        self
    }

    /// The span that the stream is asked for in, for each attempt: the header `traceparent` of the
    /// W3C's Trace Context, and the fields `trace_id` and `parent_id` of
    /// [the span](EventSource::span). None by default. One that each attempt makes anew comes from
    /// [`headers`](Self::headers).
    ///
    /// (`X-Request-ID` is sent without being asked for, the same with each attempt, unless a
    /// [`header`](Self::header) gives another.)
    pub fn traceparent(mut self, parent: impl Into<Option<TraceParent>>) -> Self {
        self.headers.remove(TRACEPARENT_FIELD);
        if let Some(parent) = parent.into()
            && let Ok(value) = HeaderValue::from_str(parent.as_str())
        {
            self.headers.insert(TRACEPARENT_FIELD, value);
        }
        self
    }

    /// The position to begin at: that of an earlier stream, which
    /// [`EventSource::last_event_id`] told and the application kept.
    pub fn last_event_id(mut self, id: impl Into<Option<LastEventId>>) -> Self {
        self.position = id.into();
        self
    }

    /// Allows a request that may do its work twice, as a POST, to be sent again. Without this it
    /// is sent again only where it cannot have reached the server, and where there is a position
    /// to resume from.
    pub fn resend(mut self) -> Self {
        self.resend = true;
        self
    }

    /// Of a server that is not of this crate: no source, no `sse.open` and no form of ids is
    /// asked for.
    pub fn foreign(mut self) -> Self {
        self.foreign = true;
        self
    }

    /// Takes events that do not say who sent them: of a handler with `source_field = false`. The
    /// stream as a whole still has to, and an event that names another source is still refused.
    pub fn without_event_sources(mut self) -> Self {
        self.event_sources = false;
        self
    }

    /// Hands out gaps and resets as [`Item`](super::Item)s instead of errors.
    pub fn missed_as_items(mut self) -> Self {
        self.missed = Missed::Items;
        self
    }

    /// Says nothing of gaps and resets: for what is as good with holes in it.
    pub fn ignore_missed(mut self) -> Self {
        self.missed = Missed::Ignored;
        self
    }

    /// Hands out heartbeats: comments, and `sse.beat`.
    pub fn heartbeats(mut self) -> Self {
        self.heartbeats = true;
        self
    }

    /// Hands out each change of the state.
    pub fn states(mut self) -> Self {
        self.states = true;
        self
    }

    /// Another configuration for this stream. Its `idle_timeout`, `keepalive` and `user_timeout`
    /// have no effect: they belong to the pool, which all streams of the client share.
    pub fn config(mut self, config: ClientConfig) -> Self {
        self.config = Arc::new(config);
        self
    }

    /// Ends the stream when this future does: that of a token, a channel, a signal. Its end is
    /// then [`StopReason::Closed`](super::StopReason::Closed).
    pub fn until(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = Some(Box::pin(end));
        self
    }

    /// The stream. It is asked for with the first poll.
    ///
    /// # Errors
    ///
    /// [`ClientError`], for what cannot be asked for.
    pub fn subscribe(self) -> Result<EventSource<E>, ClientError> {
        self.config.check().map_err(ClientError::Config)?;
        if let Some(wrong) = self.wrong {
            return Err(refused(wrong));
        }
        let standard = self.config.standard;
        let sources = E::CATALOGUE.sources();
        if sources.is_empty() && !self.foreign && !standard {
            return Err(refused(RequestError::NoSource));
        }
        let is_held = |id: &LastEventId| self.foreign || Cursor::read_str(id.as_str()).is_some();
        let request = Request {
            method: self.method.clone(),
            resend: self.resend,
            finite: <E::End as End>::FINITE,
            hook: self.hook.is_some(),
            positioned: self.position.as_ref().is_some_and(is_held),
        };
        let terms = Terms {
            sources,
            event_sources: self.event_sources,
            foreign: self.foreign || standard,
            standard,
            ids: self.config.ids,
            missed: self.missed,
            heartbeats: self.heartbeats,
            states: self.states,
        };
        let (url, mut headers) = take_credentials(&self.transport, self.url, self.headers)?;
        let trace = Trace::new(&mut headers, sources, &url);
        let plan = Plan {
            transport: self.transport,
            url,
            method: self.method,
            headers,
            body: self.body,
            hook: self.hook,
            max_redirects: self.config.max_redirects,
        };
        let mut time = Timeline::new(Instant::now().into_std(), SystemTime::now());
        let begin = time.now(Instant::now().into_std(), SystemTime::now());
        let ratio = self.config.max_expansion;
        let decoder = decoder(&self.config, self.heartbeats);
        let machine = Machine::new(self.config, request, begin);
        let shell = Shell::new(machine, time, plan, ratio, Feed::new(decoder), self.until);
        Ok(EventSource::new(shell, Reading::new(terms, self.position), trace))
    }

    fn wrong(mut self, error: RequestError) -> Self {
        self.wrong.get_or_insert(error);
        self
    }
}

fn refused(error: RequestError) -> ClientError {
    ClientError::Fatal(Failure::Request(error))
}

/// A name and a password in a URL are a header like any other, which stays with its host.
fn take_credentials(
    transport: &reqwest::Client,
    url: Option<Url>,
    mut headers: HeaderMap,
) -> Result<(Url, HeaderMap), ClientError> {
    let what = || refused(RequestError::Url("the transport does not take it".into()));
    let url = url.ok_or_else(what)?;
    let mut request = transport.get(url).build().map_err(|_| what())?;
    if let Some(value) = request.headers_mut().remove(header::AUTHORIZATION)
        && !headers.contains_key(header::AUTHORIZATION)
    {
        headers.insert(header::AUTHORIZATION, value);
    }
    Ok((request.url().clone(), headers))
}

fn decoder(config: &ClientConfig, heartbeats: bool) -> Decoder {
    let limits = DecoderLimits::new();
    let limits = limits.event(config.max_event).line(config.max_line).name(config.max_name);
    let mut decoder = Decoder::new().with_limits(limits);
    if config.strict_utf8 {
        decoder = decoder.strict_utf8();
    }
    if heartbeats { decoder } else { decoder.without_comments() }
}

impl<E> fmt::Debug for StreamRequest<E> {
    /// Neither the URL nor headers: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRequest").field("method", &self.method).finish_non_exhaustive()
    }
}
