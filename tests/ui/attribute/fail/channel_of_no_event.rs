use sse_runtime::Channel;

struct Reading(u32);

fn main() {
    let readings = Channel::<Reading>::new();
}
