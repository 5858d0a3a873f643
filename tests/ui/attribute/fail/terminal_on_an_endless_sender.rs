use sse_runtime::{Events, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "assistant")]
enum Token {
    Delta(String),
    #[sse(terminal)]
    Done,
}

#[sse_handler]
async fn complete(out: Events<Token>) {
    drop(out);
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(complete));
}
