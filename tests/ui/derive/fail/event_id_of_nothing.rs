use sse_runtime::event_id;

fn main() {
    let _ = event_id!();
}

