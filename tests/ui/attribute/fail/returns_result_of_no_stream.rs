use axum::http::StatusCode;
use sse_runtime::sse_handler;

#[sse_handler]
async fn inventory() -> Result<String, StatusCode> {
    Ok(String::new())
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
