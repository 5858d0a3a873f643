use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid,
    #[sse(terminal)]
    Delivered,
}

#[sse_handler]
async fn order(
    State(channel): State<Channel<OrderEvent>>,
    resume: Resume,
) -> Subscription<OrderEvent> {
    channel.subscribe(resume)
}

fn main() {
    let _: Router = Router::new().route("/", get(order)).with_state(Channel::new());
}
