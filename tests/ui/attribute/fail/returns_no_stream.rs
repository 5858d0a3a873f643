use sse_runtime::sse_handler;

#[sse_handler]
async fn inventory() -> String {
    String::new()
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}
