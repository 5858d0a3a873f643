use sse_runtime::event_id;

fn main() {
    let id = "evt_00000001";
    let _ = event_id!(id);
}

