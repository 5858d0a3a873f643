//! One attempt: from what is asked to the head of an answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use url::Url;

use super::{
    Attempt, Failure, LastEventId, ProtocolError, Route, blame, dial::Dial, hook::Hook,
    is_credential, is_of_body,
};
use crate::names::LAST_EVENT_ID_HEADER;

/// What is asked for at each attempt.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) transport: reqwest::Client,
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    pub(super) hook: Option<Hook>,
    pub(super) max_redirects: u32,
}

/// The head of an answer, and what its body comes from.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: reqwest::Body,
}

impl Plan {
    /// Asks, and goes where it is sent.
    pub(super) async fn ask(
        self: Arc<Self>,
        attempt: Attempt,
        position: Option<LastEventId>,
    ) -> Result<Answer, Failure> {
        let fresh = match &self.hook {
            Some(hook) => hook.ask(attempt).await?,
            None => HeaderMap::new(),
        };
        let mut route = Route::new(self.url.clone(), self.method.clone(), self.max_redirects);
        loop {
            let request = self.request(&route, &fresh, position.as_ref());
            let response = request.send().await.map_err(|error| blame::of_request(&error))?;
            let status = response.status();
            if !Route::goes_on(status.as_u16()) {
                let headers = response.headers().clone();
                let body = http::Response::from(response).into_body();
                return Ok(Answer { status, headers, body });
            }
            route
                .follow(status.as_u16(), response.headers().get(header::LOCATION))
                .map_err(ProtocolError::Redirect)?;
            if route.method != self.method {
                Dial::accept();
            }
        }
    }

    fn request(
        &self,
        route: &Route,
        fresh: &HeaderMap,
        position: Option<&LastEventId>,
    ) -> reqwest::RequestBuilder {
        let mut headers = defaults();
        let mut set = |given: &HeaderMap| {
            for name in given.keys() {
                headers.remove(name);
            }
            for (name, value) in given {
                let is_secret = is_credential(name) || value.is_sensitive();
                let stays = route.credentials || !is_secret;
                let fits = route.body || !is_of_body(name);
                if stays && fits {
                    headers.append(name, value.clone());
                }
            }
        };
        set(&self.headers);
        // What the hook makes may be a credential by any name.
        if route.credentials {
            set(fresh);
        }
        // Nobody else knows where the stream stands, and two values would be one too many.
        let id = HeaderName::from_static(LAST_EVENT_ID_HEADER);
        headers.remove(&id);
        if let Some(value) = position.and_then(LastEventId::header_value) {
            headers.insert(id, value);
        }
        let request =
            self.transport.request(route.method.clone(), route.url.clone()).headers(headers);
        match &self.body {
            Some(body) if route.body => request.body(body.clone()),
            _ => request,
        }
    }
}

/// What every request says, unless the program says otherwise (rule 11).
fn defaults() -> HeaderMap {
    HeaderMap::from_iter([
        (header::ACCEPT, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ACCEPT_ENCODING, HeaderValue::from_static("gzip")),
        (
            header::USER_AGENT,
            HeaderValue::from_static(concat!("sse-runtime/", env!("CARGO_PKG_VERSION"))),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let headers = HeaderMap::from_iter([
            (header::AUTHORIZATION, HeaderValue::from_static("Basic eA==")),
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (HeaderName::from_static(LAST_EVENT_ID_HEADER), HeaderValue::from_static("forged")),
        ]);
        Plan {
            transport: reqwest::Client::new(),
            url: Url::parse("https://shop.example/events").unwrap(),
            method: Method::POST,
            headers,
            body: Some(Bytes::from_static(b"{}")),
            hook: None,
            max_redirects: 10,
        }
    }

    fn fresh() -> HeaderMap {
        let token = HeaderName::from_static("x-token");
        HeaderMap::from_iter([(token, HeaderValue::from_static("secret"))])
    }

    #[test]
    fn rule_11_an_event_stream_is_accepted_and_no_cache_is_asked() {
        let plan = plan();
        let route = Route::new(plan.url.clone(), Method::POST, 10);
        let id = LastEventId::try_from("evt_12345678").unwrap();
        let request = plan.request(&route, &fresh(), Some(&id)).build().unwrap();
        for (name, value) in [
            ("accept", "text/event-stream"),
            ("cache-control", "no-cache"),
            ("authorization", "Basic eA=="),
            ("content-type", "application/json"),
            ("x-token", "secret"),
            ("last-event-id", "evt_12345678"),
        ] {
            let found: Vec<_> = request.headers().get_all(name).iter().collect();
            assert_eq!(found, [value], "{name}");
        }
        assert_eq!(request.body().and_then(reqwest::Body::as_bytes), Some(&b"{}"[..]));
    }

    #[test]
    fn elsewhere_goes_neither_a_secret_nor_a_body_that_was_left_behind() {
        let plan = plan();
        let mut route = Route::new(plan.url.clone(), Method::POST, 10);
        let elsewhere = HeaderValue::from_static("https://other.example/");
        route.follow(303, Some(&elsewhere)).unwrap();
        let request = plan.request(&route, &fresh(), None).build().unwrap();
        for name in ["authorization", "content-type", "x-token", "last-event-id"] {
            assert_eq!(request.headers().get(name), None, "{name}");
        }
        assert_eq!((request.method(), request.body().is_none()), (&Method::GET, true));
        assert_eq!(request.headers().get("accept").unwrap(), "text/event-stream");
    }
}
