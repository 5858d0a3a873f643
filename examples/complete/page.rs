//! The page at `/`: two files, compiled in.

use axum::{
    Router,
    http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};

/// No script but the one of this server runs, and it asks nobody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router {
    let html = file("text/html; charset=utf-8", include_str!("page/index.html"));
    let script = file("text/javascript; charset=utf-8", include_str!("page/script.js"));
    Router::new().route("/", get(async || html)).route("/script.js", get(async || script))
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse + Clone + Send + Sync {
    ([(CONTENT_SECURITY_POLICY, POLICY), (CONTENT_TYPE, kind)], text)
}
