use sse_runtime::source;

fn main() {
    let _ = source!("shop.inventory");
    let _ = source!("sse");
}

