//! Metrics for Prometheus, and whether the process lives and is ready (feature `prometheus`).

use std::{fmt, sync::Arc, thread, time::Duration};

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use metrics::Unit;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{
    log::store::Store,
    names::{BUILD_INFO, Metric, MetricKind, STORE_UP},
    server::serve::ServeHandle,
};

/// How often what was recorded is put into its buckets. Without it a process that nobody scrapes
/// keeps every single value.
const UPKEEP: Duration = Duration::from_secs(5);

/// The recorder of the process, and what reads it.
///
/// Install it before anything else: what was made before it counts for nobody.
///
/// ```no_run
/// use axum::Router;
/// use sse_runtime::{observe::prometheus::Prometheus, serve};
/// use tokio::net::TcpListener;
///
/// # async fn run(app: Router) -> Result<(), Box<dyn std::error::Error>> {
/// let prometheus = Prometheus::install()?; // first
/// let app = app.merge(prometheus.routes()); // `/metrics`, `/livez`, `/readyz`
/// serve(TcpListener::bind("0.0.0.0:3000").await?, app).await?;
/// # Ok(())
/// # }
/// ```
///
/// Everybody who can reach the routes reads them: merge them into a router of its own, on
/// another port, where that is not meant.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Prometheus {
    handle: Arc<PrometheusHandle>,
    stores: Vec<Arc<dyn Store>>,
}

/// Why there is no recorder.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstallError {
    /// The process has a recorder already. Install this one first, or leave it out and give the
    /// other one [`MetricKind::buckets`].
    Installed,
    /// The operating system gives no thread for its upkeep.
    Thread(std::io::Error),
}

impl Prometheus {
    /// Installs the recorder of the process, with the buckets of each
    /// [`Metric`] and a thread for its upkeep.
    ///
    /// # Errors
    ///
    /// [`InstallError`]. Nothing is installed then, but for a thread that could not be had.
    pub fn install() -> Result<Self, InstallError> {
        let handle = builder()
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|_| InstallError::Installed)?;
        let handle = Arc::new(handle);
        describe();
        let upkept = Arc::downgrade(&handle);
        let upkeep = move || {
            while let Some(handle) = upkept.upgrade() {
                handle.run_upkeep();
                drop(handle);
                thread::sleep(UPKEEP);
            }
        };
        let named = thread::Builder::new().name("sse-metrics".into());
        named.spawn(upkeep).map_err(InstallError::Thread)?;
        Ok(Self { handle, stores: Vec::new() })
    }

    /// Watches a store as well: `/readyz` answers 503 while it is down, so that a load balancer
    /// sends nobody here who would be refused, and `/metrics` says so.
    #[must_use]
    pub fn watch_store(mut self, store: Arc<dyn Store>) -> Self {
        self.stores.push(store);
        self
    }

    /// All metrics of the process, as Prometheus reads them.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// `/metrics`, `/livez` and `/readyz`.
    ///
    /// `/livez` says that the process answers. `/readyz` turns to 503 as soon as
    /// [`serve`](crate::serve()) is told to stop, before any stream is: whoever balances the
    /// load then sends nobody here any more.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/metrics", get(metrics))
            .route("/livez", get(|| async { "live\n" }))
            .route("/readyz", get(ready))
            .with_state(self.clone())
    }
}

async fn metrics(State(prometheus): State<Prometheus>) -> Response {
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    let headers = [(header::CONTENT_TYPE, TEXT), (header::CACHE_CONTROL, "no-store")];
    for store in &prometheus.stores {
        let backend = store.backend();
        // Of two that have one backend, the worse: there is one number for both.
        let mut same = prometheus.stores.iter().filter(|other| other.backend() == backend);
        let up = if same.all(|store| store.is_up()) { 1.0 } else { 0.0 };
        metrics::gauge!(STORE_UP, "backend" => backend.as_str()).set(up);
    }
    (headers, prometheus.render()).into_response()
}

/// Behind another server than ours nobody says when it stops.
async fn ready(State(prometheus): State<Prometheus>, server: Option<ServeHandle>) -> Response {
    if !prometheus.stores.iter().all(|store| store.is_up()) {
        return (StatusCode::SERVICE_UNAVAILABLE, "store down\n").into_response();
    }
    if server.is_none_or(|server| server.is_ready()) {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response()
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    let builder = PrometheusBuilder::new();
    Metric::ALL.iter().filter(|metric| !metric.kind.buckets().is_empty()).try_fold(
        builder,
        |builder, metric| {
            // Without buckets it would be a summary, which no two processes can be added up in.
            let name = Matcher::Full(metric.name.to_owned());
            builder.set_buckets_for_metric(name, metric.kind.buckets())
        },
    )
}

fn describe() {
    for Metric { name, kind, what, .. } in Metric::ALL.iter().copied() {
        match kind {
            MetricKind::Counter => metrics::describe_counter!(name, what),
            MetricKind::Gauge => metrics::describe_gauge!(name, what),
            MetricKind::Latency | MetricKind::Lifetime => {
                metrics::describe_histogram!(name, Unit::Seconds, what);
            }
        }
    }
    metrics::gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prometheus").finish_non_exhaustive()
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => f.write_str(
                "the process has a recorder of metrics already: install this one before it, or \
                 give that one the buckets of `MetricKind::buckets`",
            ),
            Self::Thread(error) => write!(f, "no thread for the upkeep of metrics: {error}"),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Installed => None,
            Self::Thread(error) => Some(error),
        }
    }
}
