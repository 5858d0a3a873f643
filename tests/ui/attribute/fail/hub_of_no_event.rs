use sse_runtime::Hub;

struct Reading(u32);

struct App {
    readings: Hub<Reading>,
}

fn main() {
    let app = App { readings: Hub::new() };
}
