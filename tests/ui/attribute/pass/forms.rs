//! Each form of a handler, at a route.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use sse_runtime::{Cx, EventId, Events, SendError, SseEvent, event_id, sse_handler};

#[derive(SseEvent, Clone)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

#[derive(SseEvent)]
#[sse(source = "assistant")]
enum Token {
    Delta(String),
    #[sse(terminal)]
    Done,
}

#[derive(Clone)]
struct Shop;

#[sse_handler]
async fn events() -> impl Stream<Item = InventoryEvent> {
    stream::empty()
}

#[sse_handler]
async fn results() -> impl Stream<Item = Result<InventoryEvent, StatusCode>> {
    stream::iter([Err(StatusCode::GONE)])
}

#[sse_handler]
async fn with_ids() -> impl Stream<Item = (EventId, InventoryEvent)> {
    stream::iter([(event_id!("evt_00000001"), InventoryEvent::SoldOut { sku: String::new() })])
}

#[sse_handler]
async fn results_with_ids() -> impl Stream<Item = Result<(EventId, InventoryEvent), StatusCode>> {
    stream::empty()
}

#[sse_handler]
async fn fallible(
    Path(name): Path<String>,
) -> Result<impl Stream<Item = InventoryEvent>, (StatusCode, String)> {
    if name.is_empty() {
        return Err((StatusCode::NOT_FOUND, name));
    }
    Ok(stream::empty())
}

#[sse_handler]
async fn fallible_opaque() -> Result<impl Stream<Item = InventoryEvent>, impl axum::response::IntoResponse> {
    if true { Ok(stream::empty()) } else { Err(StatusCode::GONE) }
}

type ApiResult<T> = Result<T, StatusCode>;

#[sse_handler]
async fn aliased() -> ApiResult<impl Stream<Item = InventoryEvent>> {
    Ok(stream::empty())
}

#[sse_handler]
async fn boxed(State(_): State<Shop>) -> BoxStream<'static, InventoryEvent> {
    stream::empty().boxed()
}

#[sse_handler]
async fn fallible_boxed() -> Result<BoxStream<'static, InventoryEvent>, StatusCode> {
    Ok(stream::empty().boxed())
}

#[sse_handler]
async fn sender_alone(out: Events<InventoryEvent>) {
    out.gone().await;
}

#[sse_handler(finite)]
async fn sender_first(mut out: Events<Token>, Json(text): Json<String>) -> Result<(), SendError> {
    out = out.clone();
    out.send(Token::Delta(text)).await?;
    out.send(Token::Done).await
}

#[sse_handler(finite)]
async fn sender_between(
    State(_shop): State<Shop>,
    out: sse_runtime::Events<Token>,
    body: String,
) -> Result<(), AppError> {
    if body.is_empty() {
        return Err(AppError);
    }
    out.send(Token::Done).await?;
    Ok(())
}

#[sse_handler(finite)]
async fn returned_finite() -> impl Stream<Item = Token> {
    stream::iter([Token::Done])
}

struct AppError;

impl From<SendError> for AppError {
    fn from(_: SendError) -> Self {
        Self
    }
}

impl axum::response::IntoResponse for AppError {
    fn into_response(self) -> axum::response::Response {
        StatusCode::BAD_GATEWAY.into_response()
    }
}

#[sse_handler]
async fn context(cx: Cx, headers: HeaderMap) -> impl Stream<Item = InventoryEvent> {
    assert!(!cx.is_ended() && headers.is_empty());
    stream::empty()
}

fn main() {
    let _: Router = Router::new()
        .route("/events", get(events).post(results))
        .route("/ids", get(with_ids).post(results_with_ids))
        .route("/fallible/{name}", get(fallible).post(fallible_opaque))
        .route("/aliased", get(aliased))
        .route("/boxed", get(boxed).post(fallible_boxed))
        .route("/sender", get(sender_alone).post(sender_first))
        .route("/between", post(sender_between).get(returned_finite))
        .route("/context", get(context))
        .with_state(Shop);
}
