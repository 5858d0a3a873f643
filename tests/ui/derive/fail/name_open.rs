use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "door")]
enum DoorEvent {
    Open,
}

fn main() {}
