//! The connection over which the server is asked.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, ScriptInvocation,
    aio::MultiplexedConnection,
};
use tokio::time::Instant;

use super::{check, config::RedisConfig, error::Fault};
use crate::log::store::{Once, StoreError};

/// For how long nobody connects again after it failed: of a thousand who ask, one tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Before a question is asked again.
const AGAIN: Duration = Duration::from_millis(20);

/// One connection, which all share, and a new one when it breaks.
///
/// What was under way when it broke is for whoever sent it: the connection manager of the client
/// would send it again by itself, and an event would be stored twice.
pub(super) struct Link {
    client: Client,
    config: RedisConfig,
    /// Another cell for each connection, so that only one is made whoever asks.
    cell: Mutex<Cell>,
    down: Mutex<Option<Down>>,
    is_warned: AtomicBool,
}

/// What the server is asked for.
#[derive(Clone, Copy)]
pub(super) enum Ask<'a> {
    Script(&'a ScriptInvocation<'a>),
    Command(&'a Cmd),
}

type Cell = Arc<Once<MultiplexedConnection, Fault>>;

#[derive(Clone)]
struct Down {
    since: Instant,
    tried: Instant,
    why: Fault,
}

impl Link {
    pub(super) fn new(client: Client, config: RedisConfig) -> Self {
        let is_warned = AtomicBool::new(false);
        Self { client, config, cell: Mutex::default(), down: Mutex::new(None), is_warned }
    }

    /// Asks for what changes nothing, and a second time if the connection breaks meanwhile.
    pub(super) async fn ask_again<T: FromRedisValue>(
        self: &Arc<Self>,
        what: Ask<'_>,
    ) -> Result<T, Fault> {
        match self.ask(what).await {
            Err(Fault::Lost(_) | Fault::NotNow(_)) => {
                tokio::time::sleep(AGAIN).await;
                self.ask(what).await
            }
            answered => answered,
        }
    }

    /// Asks for something.
    pub(super) async fn ask<T: FromRedisValue>(
        self: &Arc<Self>,
        what: Ask<'_>,
    ) -> Result<T, Fault> {
        let cell = Arc::clone(&self.lock());
        // Nothing was sent, whatever comes out of it.
        let mut connection = self.connection(&cell).await?;
        let answer = match what {
            Ask::Script(call) => call.invoke_async(&mut connection).await,
            Ask::Command(command) => command.query_async(&mut connection).await,
        };
        match answer {
            Ok(answer) => {
                self.is_there();
                Ok(answer)
            }
            Err(error) => {
                let fault = Fault::from(error);
                if matches!(fault, Fault::Lost(_)) {
                    self.give_up(&cell);
                    self.is_gone(&fault);
                }
                Err(fault)
            }
        }
    }

    async fn connection(self: &Arc<Self>, cell: &Cell) -> Result<MultiplexedConnection, Fault> {
        let link = Arc::clone(self);
        let connect = || async move {
            // Of many who ask after a failure one tries in each pause.
            if let Some(fault) = link.failed_just_now() {
                return Err(fault);
            }
            let connected = link.connect().await.map_err(|fault| match fault {
                Fault::Lost(why) => Fault::NotNow(why),
                fault => fault,
            });
            match &connected {
                Ok(_) => link.is_there(),
                Err(fault) => link.is_gone(fault),
            }
            connected
        };
        cell.get(connect).await?
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Fault> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.config.connect_timeout))
            .set_response_timeout(Some(self.config.response_timeout))
            .set_pipeline_buffer_size(1_024);
        let mut connection =
            self.client.get_multiplexed_async_connection_with_config(&config).await?;
        let warnings = check::check(&mut connection, &self.config).await?;
        if !self.is_warned.swap(true, Ordering::Relaxed) {
            for warning in warnings {
                tracing::warn!("{warning}");
            }
        }
        Ok(connection)
    }

    /// A connection of its own, on which an answer may take as long as it likes.
    pub(super) async fn patient_connection(&self) -> Result<MultiplexedConnection, Fault> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.config.connect_timeout))
            .set_response_timeout(None);
        Ok(self.client.get_multiplexed_async_connection_with_config(&config).await?)
    }

    /// The next who asks gets another one.
    fn give_up(&self, cell: &Cell) {
        let mut there = self.lock();
        let gone = if Arc::ptr_eq(&there, cell) { Some(std::mem::take(&mut *there)) } else { None };
        drop(there);
        drop(gone);
    }

    fn failed_just_now(&self) -> Option<Fault> {
        let down = self.lock_down();
        let down = down.as_ref().filter(|down| down.tried.elapsed() < PAUSE)?;
        // A connection that broke says nothing about the next one.
        (!matches!(down.why, Fault::Lost(_))).then(|| down.why.clone())
    }

    /// The server answers.
    pub(super) fn is_there(&self) {
        let was_down = self.lock_down().take();
        if let Some(down) = was_down {
            let seconds = down.since.elapsed().as_secs_f64();
            tracing::info!(seconds, "Redis is there again");
        }
    }

    /// The server does not answer.
    pub(super) fn is_gone(&self, why: &Fault) {
        let now = Instant::now();
        let mut down = self.lock_down();
        let is_new = down.is_none();
        let since = down.as_ref().map_or(now, |down| down.since);
        *down = Some(Down { since, tried: now, why: why.clone() });
        drop(down);
        if is_new {
            let error = why.clone().into_error();
            tracing::error!(%error, "Redis does not answer");
        }
    }

    /// For how long it has not answered.
    pub(super) fn down_for(&self) -> Option<Duration> {
        self.lock_down().as_ref().map(|down| down.since.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Cell> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_down(&self) -> MutexGuard<'_, Option<Down>> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens nothing yet. What is wrong with the address is said without it: a password is in it.
pub(super) fn client(address: &str) -> Result<Client, StoreError> {
    if address.starts_with("rediss:") {
        provide_tls();
    }
    Client::open(address).map_err(|error| {
        StoreError::Unusable(format!(
            "the address is not read as `redis://` or `rediss://user:password@host:port/database` \
             ({})",
            error.category()
        ))
    })
}

/// Where the program has not said who does the cryptography, rustls would ask by panicking.
fn provide_tls() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Where two come here at once one is told so, and there is a provider.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("down_for", &self.down_for()).finish_non_exhaustive()
    }
}
