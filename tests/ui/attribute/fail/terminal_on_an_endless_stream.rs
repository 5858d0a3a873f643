use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "assistant")]
enum Token {
    Delta(String),
    #[sse(terminal)]
    Done,
}

#[sse_handler]
async fn complete() -> impl Stream<Item = Token> {
    stream::empty()
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(complete));
}
