use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "a")]
enum A {
    Left,
}

#[derive(SseEvent)]
#[sse(merge, source = "all")]
enum All {
    A(A),
}

fn main() {}
