use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
union Number {
    whole: u32,
    part: f32,
}

fn main() {}
