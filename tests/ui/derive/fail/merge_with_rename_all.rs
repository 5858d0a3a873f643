use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "a")]
enum A {
    Left,
}

#[derive(SseEvent)]
#[sse(merge, rename_all = "kebab-case")]
enum All {
    A(A),
}

fn main() {}
