//! Each form of a handler that returns what it subscribed to, at a route.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRef, Path, State},
    http::StatusCode,
    routing::{get, post},
};
use sse_runtime::{
    Channel, ChannelName, Cx, DecodeEvent, EncodeEvent, EndSlow, Endless, Hub, Lag, MergeError,
    Resume, SseEvent, Subscription, UnknownEvent, sse_handler,
};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    StockChanged {
        #[sse(topic)]
        sku: String,
        left: u32,
    },
    #[sse(ephemeral)]
    Viewers(u32),
}

#[derive(SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid,
    #[sse(terminal)]
    Delivered,
}

/// What a guest may see.
#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum GuestEvent {
    Gone { sku: &'static str },
}

#[derive(Clone, FromRef)]
struct App {
    inventory: Channel<InventoryEvent>,
    orders: Hub<OrderEvent>,
    shops: Vec<Channel<InventoryEvent>>,
}

#[sse_handler]
async fn plain(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

#[sse_handler]
async fn without_resume(State(app): State<App>) -> Subscription<InventoryEvent> {
    app.inventory.subscribe(Resume::fresh().from_oldest())
}

#[sse_handler(finite, first = "0s")]
async fn fallible(
    State(orders): State<Hub<OrderEvent>>,
    Path(order): Path<String>,
    resume: Resume,
) -> Result<Subscription<OrderEvent>, StatusCode> {
    let name = ChannelName::new("shop", &order).map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(orders.get(&name).ok_or(StatusCode::NOT_FOUND)?.subscribe(resume))
}

type ApiResult<T> = Result<T, UnknownEvent>;

#[sse_handler]
async fn aliased(
    State(app): State<App>,
    Path(name): Path<String>,
    resume: Resume,
) -> ApiResult<Subscription<InventoryEvent>> {
    app.inventory.subscribe(resume).only([name])
}

#[sse_handler]
async fn ends_when_slow(
    State(app): State<App>,
    resume: Resume,
) -> Subscription<InventoryEvent, EndSlow> {
    app.inventory.subscribe(resume).end_when_slow()
}

#[sse_handler]
async fn fallible_and_ends_when_slow(
    State(app): State<App>,
    resume: Resume,
) -> Result<sse_runtime::Subscription<InventoryEvent, EndSlow>, UnknownEvent> {
    app.inventory.subscribe(resume).end_when_slow().only(["viewers"])
}

#[sse_handler]
async fn of_any_event<E>(State(channel): State<Channel<E>>, resume: Resume) -> Subscription<E>
where
    E: EncodeEvent<End = Endless> + 'static,
{
    channel.subscribe(resume)
}

trait Shown: DecodeEvent + EncodeEvent<End = Endless> + Send + Sync + 'static {
    fn is_shown(&self) -> bool;
}

impl Shown for InventoryEvent {
    fn is_shown(&self) -> bool {
        matches!(self, Self::StockChanged { left: 1.., .. })
    }
}

#[sse_handler]
async fn of_any_shown_event<E: Shown>(
    State(channel): State<Channel<E>>,
    resume: Resume,
) -> Result<Subscription<E>, StatusCode> {
    Ok(channel.subscribe(resume).filter(E::is_shown))
}

fn by_any_lag<L: Lag>(
    subscription: Subscription<InventoryEvent, L>,
) -> Subscription<InventoryEvent, L> {
    subscription.filter(|event| matches!(event, InventoryEvent::Viewers(_)))
}

#[sse_handler]
async fn shared(State(app): State<Arc<App>>, resume: Resume) -> Subscription<InventoryEvent> {
    by_any_lag(app.inventory.subscribe(resume))
}

#[sse_handler]
async fn merged_array(
    State(app): State<App>,
    resume: Resume,
) -> Result<Subscription<InventoryEvent>, MergeError> {
    let [a, b] = [&app.shops[0], &app.shops[1]];
    Subscription::merge([a.subscribe(&resume), b.subscribe(&resume).topic("A-1")])
}

#[sse_handler]
async fn merged_vec(
    State(app): State<App>,
    resume: Resume,
) -> Result<Subscription<InventoryEvent, EndSlow>, MergeError> {
    let shops: Vec<_> =
        app.shops.iter().map(|shop| shop.subscribe(&resume).end_when_slow()).collect();
    Subscription::merge(shops)
}

#[sse_handler]
async fn chained(
    State(app): State<App>,
    Path(wanted): Path<String>,
    resume: Resume,
) -> Result<Subscription<GuestEvent>, UnknownEvent> {
    let shown = app
        .inventory
        .subscribe(resume)
        .topics(|topic| topic.is_none_or(|topic| topic.starts_with('A')))
        .only(["stock_changed"])?
        .filter(move |event| matches!(event, InventoryEvent::StockChanged { sku, .. } if *sku == wanted))
        .filter_map(|event| match event {
            InventoryEvent::StockChanged { left: 0, .. } => Some(GuestEvent::Gone { sku: "it" }),
            _ => None,
        });
    Ok(shown)
}

#[sse_handler]
async fn resume_first(resume: Resume, State(app): State<App>) -> Subscription<InventoryEvent> {
    app.inventory.subscribe(&resume)
}

#[sse_handler]
async fn resume_between_with_a_body(
    State(app): State<App>,
    resume: Resume,
    cx: Cx,
    Json(skus): Json<Vec<String>>,
) -> Subscription<InventoryEvent> {
    assert!(!cx.is_ended());
    app.inventory.subscribe(resume).topics(move |topic| {
        topic.is_some_and(|topic| skus.iter().any(|sku| sku == topic))
    })
}

#[sse_handler]
async fn resume_after_a_pattern(
    cx: Cx,
    State(App { inventory, .. }): State<App>,
    resume: sse_runtime::Resume,
    sku: String,
) -> Subscription<InventoryEvent> {
    drop(cx);
    inventory.subscribe(resume).topic(sku)
}

#[sse_handler]
async fn in_two_branches(
    State(app): State<App>,
    Path(sku): Path<String>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    let all = app.inventory.subscribe(resume);
    if sku.is_empty() { all } else { all.topic(sku) }
}

fn main() {
    let channel = Channel::<InventoryEvent>::new();
    let shops = vec![channel.clone(), Channel::new()];
    let app = App { inventory: channel.clone(), orders: Hub::new(), shops };
    let _: Router = Router::new()
        .route("/plain", get(plain).post(without_resume))
        .route("/orders/{order}", get(fallible))
        .route("/only/{name}", get(aliased).post(chained))
        .route("/slow", get(ends_when_slow).post(fallible_and_ends_when_slow))
        .route("/any", get(of_any_event::<InventoryEvent>))
        .route("/shown", get(of_any_shown_event::<InventoryEvent>))
        .route("/merged", get(merged_array).post(merged_vec))
        .route("/resume", get(resume_first).post(resume_between_with_a_body))
        .route("/pattern", post(resume_after_a_pattern))
        .route("/branches/{sku}", get(in_two_branches))
        .with_state(app.clone());
    let _: Router = Router::new().route("/", get(shared)).with_state(Arc::new(app));
}
