use axum::{Router, routing::get};
use sse_runtime::{Resume, Subscription, sse_handler};

enum Reading {
    Celsius(f64),
}

#[sse_handler]
async fn readings(_resume: Resume) -> Subscription<Reading> {
    todo!()
}

fn main() {
    let _: Router = Router::new().route("/", get(readings));
}
