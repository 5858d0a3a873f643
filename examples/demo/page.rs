//! The page at `/`, without a build step: five files, compiled in.

use axum::{
    Router,
    http::{
        HeaderName,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::IntoResponse,
    routing::get,
};

/// Only what this server itself serves, and nobody may frame it. Scripts inside the page
/// do not run, so that text which slipped in as markup would still do nothing.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Asked for again each time: the demo may have been built anew.
    (CACHE_CONTROL, "no-cache"),
];

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let html = file("text/html; charset=utf-8", include_str!("page/index.html"));
    let script = file("text/javascript; charset=utf-8", include_str!("page/app.js"));
    let loss = file("text/javascript; charset=utf-8", include_str!("page/loss.js"));
    let style = file("text/css; charset=utf-8", include_str!("page/app.css"));
    let icon = file("image/svg+xml", include_str!("page/icon.svg"));
    Router::new()
        .route("/", get(async || html))
        .route("/app.js", get(async || script))
        .route("/loss.js", get(async || loss))
        .route("/app.css", get(async || style))
        .route("/icon.svg", get(async || icon))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse + Clone + Send + Sync {
    (HEADERS, [(CONTENT_TYPE, kind)], text)
}
