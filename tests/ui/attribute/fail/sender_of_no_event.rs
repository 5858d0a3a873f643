use sse_runtime::{Events, SendError, sse_handler};

#[sse_handler]
async fn inventory(out: Events<String>) -> Result<(), SendError> {
    out.open().await
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
