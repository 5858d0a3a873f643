//! A shop that tells its prices to everybody, and better ones to partners.

use axum::{Router, extract::State, routing::get};
use sse_runtime::{
    Channel, Resume, SseEvent, Subscription, serve,
    serve::{Serve, ServeConfig},
    sse_handler,
};

use crate::{listener::Tls, subject::Subject};

#[derive(Debug, SseEvent)]
#[sse(source = "prices")]
pub(crate) enum PriceEvent {
    PriceChanged { product: String, cents: u32 },
}

pub(crate) fn lamp(cents: u32) -> PriceEvent {
    PriceEvent::PriceChanged { product: "lamp".to_owned(), cents }
}

#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) public: Channel<PriceEvent>,
    pub(crate) partners: Channel<PriceEvent>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self { public: Channel::new(), partners: Channel::new() }
    }
}

#[sse_handler]
async fn prices(State(shop): State<Shop>, resume: Resume) -> Subscription<PriceEvent> {
    shop.public.subscribe(resume)
}

/// Whoever has a certificate is a partner. Without one the answer is a 403, before this is called.
#[sse_handler]
async fn partner_prices(
    State(shop): State<Shop>,
    _partner: Subject,
    resume: Resume,
) -> Subscription<PriceEvent> {
    shop.partners.subscribe(resume)
}

/// The server. Its streams belong to the subject of the certificate: each has at most two at
/// once, and `revoke` of the handle ends them.
pub(crate) fn server(listener: Tls, shop: Shop) -> Serve<Tls> {
    let router = Router::new()
        .route("/prices", get(prices))
        .route("/partners/prices", get(partner_prices))
        .with_state(shop);
    serve(listener, router)
        .config(ServeConfig::new().max_streams_per_principal(2))
        .principal(|request| request.extensions.get::<Subject>().map(Subject::to_string))
}
