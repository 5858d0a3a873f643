use sse_runtime::event_name;

fn main() {
    let _ = event_name!(1 + 1);
}

