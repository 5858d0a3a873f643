use sse_runtime::event_name;

fn main() {
    let _ = event_name!("two words");
    let _ = event_name!("message");
    let _ = event_name!("sse.open");
}

