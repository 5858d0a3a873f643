use sse_runtime::event_id;

fn main() {
    let _ = event_id!("evt_0000\u{200B}0001");
}

