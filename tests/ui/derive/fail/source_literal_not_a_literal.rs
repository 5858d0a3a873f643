use sse_runtime::source;

fn main() {
    let _ = source!(inventory);
}

