//! Enums and handlers that a macro writes: types and literals come in invisible groups.

use futures_util::stream::{self, Stream};
use sse_runtime::{Events, SendError, SseEvent, sse_handler};

macro_rules! service {
    ($event:ident, $source:literal, $variant:ident($payload:ty), $heartbeat:literal, $get:ident, $post:ident) => {
        #[derive(SseEvent)]
        #[sse(source = $source)]
        enum $event {
            $variant($payload),
        }

        #[sse_handler(heartbeat = $heartbeat)]
        async fn $get() -> impl Stream<Item = $event> {
            stream::iter([$event::$variant(<$payload>::default())])
        }

        service!(@sender $post, Events<$event>, Result<(), SendError>, $event::$variant(<$payload>::default()));
    };
    (@sender $name:ident, $sender:ty, $returned:ty, $event:expr) => {
        #[sse_handler]
        async fn $name(out: $sender) -> $returned {
            out.send($event).await
        }
    };
}

service!(InventoryEvent, "inventory", Changed(Vec<u32>), "5s", inventory, send_inventory);
service!(HostEvent, "host", Load(f32), "10s", host, send_host);

fn main() {
    let _: axum::Router = axum::Router::new()
        .route("/inventory", axum::routing::get(inventory).post(send_inventory))
        .route("/host", axum::routing::get(host).post(send_host));
}
