use sse_runtime::{EventId, SseEvent};

#[derive(SseEvent)]
#[sse(source = "model")]
enum Token {
    Delta(String),
    #[sse(terminal)]
    Done {
        #[sse(id)]
        id: EventId,
    },
}

fn main() {}
