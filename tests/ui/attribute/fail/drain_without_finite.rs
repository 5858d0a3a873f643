use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "answers")]
enum AnswerEvent {
    Token { text: String },
    #[sse(terminal)]
    Done,
}

#[sse_handler(drain = "30s")]
async fn answer() -> impl Stream<Item = AnswerEvent> {
    stream::empty()
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(answer));
}
