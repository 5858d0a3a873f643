//! What the service answers: login and logout, and the orders of whoever asks.

use std::time::{Duration, SystemTime};

use axum::{
    Form, Router,
    extract::State,
    http::{StatusCode, header::SET_COOKIE},
    response::{self, IntoResponse},
    routing::{get, post},
};
use serde::Deserialize;
use sse_runtime::{
    ChannelName, Hub, HubFull, Resume, SseEvent, Subscription, serve::ServeHandle, sse_handler,
};

use crate::session::{Session, Sessions, no_cookie};

#[derive(Debug, SseEvent)]
#[sse(source = "orders")]
pub(crate) enum OrderEvent {
    OrderPlaced { number: u32, by: String },
}

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) sessions: Sessions,
    /// A channel for each tenant.
    orders: Hub<OrderEvent>,
    lasts: Duration,
}

impl App {
    /// With sessions that last so long.
    pub(crate) fn new(lasts: Duration) -> Self {
        Self { sessions: Sessions::default(), orders: Hub::new(), lasts }
    }
}

/// Names, passwords and tenants. A service of yours has hashes of passwords in a database, or
/// leaves them to a provider of identities.
const USERS: [(&str, &str, &str); 3] =
    [("ada", "lovelace", "acme"), ("grace", "hopper", "acme"), ("edsger", "dijkstra", "globex")];

#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
}

async fn login(
    State(app): State<App>,
    Form(login): Form<Login>,
) -> Result<impl IntoResponse, StatusCode> {
    let known = |(user, password, _): &&_| (*user, *password) == (&*login.user, &*login.password);
    let (user, _, tenant) = USERS.iter().find(known).ok_or(StatusCode::UNAUTHORIZED)?;
    let orders = ChannelName::new(tenant, "orders").map_err(|_| StatusCode::NOT_FOUND)?;
    let ends = SystemTime::now() + app.lasts;
    let opened = app.sessions.open(Session { user: (*user).to_owned(), orders, ends });
    let cookie = opened.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]))
}

/// Out, on every device, and at once in every tab.
async fn logout(
    State(app): State<App>,
    session: Session,
    server: ServeHandle,
) -> impl IntoResponse {
    let principal = session.principal();
    // First, so that nobody whose stream has just ended comes back with it.
    app.sessions.close(&principal);
    server.revoke(&principal);
    (StatusCode::NO_CONTENT, [(SET_COOKIE, no_cookie())])
}

/// The orders of the tenant, and of no other: neither the channel nor a position of it can be
/// named by a request.
#[sse_handler]
async fn orders(
    State(app): State<App>,
    session: Session,
    resume: Resume,
) -> Result<Subscription<OrderEvent>, HubFull> {
    Ok(app.orders.get_or_create(&session.orders)?.subscribe(resume))
}

#[derive(Deserialize)]
struct Order {
    number: u32,
}

async fn place(
    State(app): State<App>,
    session: Session,
    Form(order): Form<Order>,
) -> response::Result<StatusCode> {
    let placed = OrderEvent::OrderPlaced { number: order.number, by: session.user };
    app.orders.get_or_create(&session.orders)?.publish(&placed).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/login", post(login))
        .route("/logout", post(logout))
        .route("/orders", get(orders).post(place))
        .with_state(app)
}
