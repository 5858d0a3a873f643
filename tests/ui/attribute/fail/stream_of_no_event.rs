use futures_util::stream::{self, Stream};
use sse_runtime::sse_handler;

#[sse_handler]
async fn inventory() -> impl Stream<Item = String> {
    stream::empty()
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
