use sse_runtime::event_id;

fn main() {
    let _ = event_id!("evt_000000000000000000000000000000001");
}

