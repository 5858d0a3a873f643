//! A page that shows what the process serves, while it does (feature `inspector`).
//!
//! A [`reading`] takes the numbers that are there anyway, [`rates`] makes of two of them a
//! [`snapshot`], whose [`rows`] are bounded ([`top`]), and a [`watch`] tells it once a second to
//! whoever looks at the [`page`], on a channel like any other.

mod page;
mod rates;
mod reading;
mod rows;
mod snapshot;
mod top;
mod watch;

use std::sync::Arc;

use axum::{
    extract::Request,
    handler::Handler as _,
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get},
};

use self::{page::File, watch::Watch};

/// A page that shows the channels and the streams of the process while they run: their state, their
/// positions, who lags and by how much, their age and their rates, as live charts.
///
/// It is a route like any other, wherever you mount it, and nowhere if you do not.
///
/// ```
/// use axum::Router;
///
/// let admin: Router = Router::new().route("/inspector", sse_runtime::inspector());
/// ```
///
/// It needs to be told of nothing: it shows every [`Channel`](crate::Channel) and
/// [`Hub`](crate::Hub) of the process and every stream that a handler of this crate answers, behind
/// whichever server. Of each it shows at most 100, those first that lag the most and those where most
/// happens, and the number of all.
///
/// **Whoever can reach the route sees it**: names of channels, request ids, addresses of clients,
/// routes, and how much goes where. Events are not among it, nor tokens, principals or ids to resume
/// with, and nothing can be changed. So mount it where only those come who may see that: behind a
/// layer that asks who it is, or in a router of its own on a port of the loopback interface. A browser
/// sends a cookie along with the page and its stream, and no other header of yours.
///
/// A server of its own has another merit. The stream of the page is one like any other: it counts for
/// the limits of the server that it is on, and ends with it. From another port you see a server that
/// is full, and one that drains.
///
/// ```no_run
/// use axum::Router;
/// use sse_runtime::serve;
/// use tokio::net::TcpListener;
///
/// # async fn run(app: Router) -> Result<(), Box<dyn std::error::Error>> {
/// let admin = Router::new().route("/inspector", sse_runtime::inspector());
/// tokio::spawn(serve(TcpListener::bind("127.0.0.1:3001").await?, admin).into_future());
/// serve(TcpListener::bind("0.0.0.0:3000").await?, app).await?;
/// # Ok(())
/// # }
/// ```
///
/// # What it costs
///
/// The numbers are those that the log and the metrics are made of; looking at them is a matter for
/// whoever looks. While somebody does, they are gone through once a second, whatever the number of
/// those who look: 4 ms of one core for 10,000 channels, 60 ms for 100,000, beside everything else. Half a minute after the last one has gone it
/// stops. What it sends to them is counted by the metrics like any stream, and left out of what
/// it shows, but for the number of those who look.
///
/// # What it shows
///
/// * A *lag* is the number of events that a stream has still to get, of those that it could have by
///   now; under a filter those that it will not be shown count as well. It stands out once the stream
///   is more than a second behind. What a socket has taken counts as had: a reader that takes nothing
///   begins to lag when the buffers on the way to it are full.
/// * What is *published* and what is *delivered* are as the metrics `sse_events_published_total` (of
///   outcome `stored`) and `sse_events_delivered_total` count them, the *bytes* as
///   `sse_sent_bytes_total`.
/// * *Kept* is what is in memory. Of a channel that nobody uses it may be older than
///   [`ChannelConfig::retention`](crate::ChannelConfig::retention), which no reader is given.
/// * The *readers* of a channel are all of them, those in the process as well; *streams* are those of
///   handlers.
///
/// The page needs no other host: its script, its style and its stream are the same route with a query.
pub fn inspector<S: Clone + Send + Sync + 'static>() -> MethodRouter<S> {
    let watch = Arc::new(Watch::default());
    get(move |request: Request| answer(request, watch))
}

async fn answer(request: Request, watch: Arc<Watch>) -> Response {
    let query = request.uri().query().unwrap_or_default();
    // A reader that comes back may have put its position behind it.
    match query.split('&').next().unwrap_or_default() {
        "stream" => watch::stream.call(request, watch).await,
        "script" => File::Script.into_response(),
        "style" => File::Style.into_response(),
        "icon" => File::Icon.into_response(),
        _ => File::Page.into_response(),
    }
}
