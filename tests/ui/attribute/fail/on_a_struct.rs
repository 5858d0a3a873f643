use sse_runtime::sse_handler;

#[sse_handler]
struct Shop;

fn main() {}
