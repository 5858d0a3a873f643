use sse_runtime::{Channel, Resume, SseEvent};

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid,
}

enum ShopEvent {
    Orders(OrderEvent),
}

fn main() {
    let channel = Channel::<OrderEvent>::new();
    let orders = channel.subscribe(Resume::fresh()).lift::<ShopEvent>();
}
