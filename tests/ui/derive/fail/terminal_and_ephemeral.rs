use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "model")]
enum Token {
    Delta(String),
    #[sse(ephemeral, terminal)]
    Done,
}

fn main() {}
