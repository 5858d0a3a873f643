//! The files of the page, compiled in.

use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

/// Only what this server itself serves, and nobody may frame it. Nothing inside the page runs: text
/// that slipped in as markup would do nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub(super) enum File {
    Page,
    Script,
    Style,
    Icon,
}

impl File {
    const fn content(self) -> (&'static str, &'static str) {
        match self {
            Self::Page => ("text/html; charset=utf-8", include_str!("page/index.html")),
            Self::Script => ("text/javascript; charset=utf-8", include_str!("page/app.js")),
            Self::Style => ("text/css; charset=utf-8", include_str!("page/app.css")),
            Self::Icon => ("image/svg+xml", include_str!("page/icon.svg")),
        }
    }
}

impl IntoResponse for File {
    fn into_response(self) -> Response {
        let (kind, text) = self.content();
        (HEADERS, [(CONTENT_TYPE, kind)], text).into_response()
    }
}
