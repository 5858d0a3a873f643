use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "chat")]
enum ChatEvent {
    #[sse(name = "Error")]
    Failed(String),
}

fn main() {}
