//! A server, from its start to its end.

use std::{
    collections::HashSet,
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    select,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    super::{
        link::{Link, Word},
        served::Rules,
        streams::{Left, Streams},
    },
    Serve,
    connection::Host,
    files,
    handle::{Control, ServeHandle},
    listener::Listener,
    report::{CutStream, ServeError, ServeReport},
    settings::Settings,
};

/// How long the listener is left alone after an error of the system: open files that have run
/// out do not come back sooner.
const PAUSE: Duration = Duration::from_millis(500);
/// How long connections that were cut may take to be gone. They do nothing but drop.
const GONE: Duration = Duration::from_secs(1);

pub(super) async fn run<L: Listener>(serve: Serve<L>) -> Result<ServeReport, ServeError> {
    let Serve { mut listener, router, config, principal, stop, control } = serve;
    let address = listener.local_addr().map_err(ServeError::Listener)?;
    let settings = config.settings(Some(address)).map_err(ServeError::Config)?;
    let Settings { limits, proxies, door, defaults, http1, http2, tuning } = settings;
    let files = files::make_room(limits.all);
    let most = config.max_connections.or(files).unwrap_or(usize::MAX);
    control.drain.streams().limit(limits);
    let rules = Rules {
        handle: ServeHandle { control: Arc::clone(&control) },
        drain: control.drain.clone().spread(config.spread),
        defaults,
        max_age: config.max_age,
        reauthorize: config.reauthorize,
        principal,
        client: Box::new(move |peer, headers| proxies.client(peer, headers)),
    };
    let host = Arc::new(Host {
        router,
        door,
        rules: Arc::new(rules),
        tuning,
        http1,
        http2,
        head_timeout: config.head_timeout,
        write_timeout: config.write_timeout,
        body_timeout: config.body_timeout,
    });
    let server = Server { host, control, most, is_full: AtomicBool::new(false) };
    server.control.ready.store(true, Ordering::Release);
    let stopped = server.control.stopped();
    let asked = async {
        select! {
            () = stop => {}
            () = stopped => {}
        }
    };
    server.accept_until(&mut listener, asked).await;
    Ok(server.end(listener, config.drain_delay, config.drain).await)
}

/// A server that runs.
struct Server {
    host: Arc<Host>,
    control: Arc<Control>,
    /// How many connections there may be.
    most: usize,
    /// Whether there were so many at the last look.
    is_full: AtomicBool,
}

impl Server {
    /// Takes every connection that comes, until something is done.
    async fn accept_until<L: Listener>(&self, listener: &mut L, done: impl Future<Output = ()>) {
        let mut done = pin!(done);
        loop {
            let accepted = select! {
                biased;
                () = &mut done => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(accepted) if self.is_full() => drop(accepted),
                Ok(accepted) => {
                    let link = Arc::new(Link::default());
                    let party = self.control.connections.enter(&link);
                    tokio::spawn(Arc::clone(&self.host).welcome(accepted, link, party));
                }
                Err(error) if is_of_one_peer(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection could be taken, the next try is soon");
                    select! {
                        () = &mut done => return,
                        () = sleep(PAUSE) => {}
                    }
                }
            }
        }
    }

    /// Whether there are as many connections as there may be. The next one is closed at once:
    /// whoever waits before a door that does not open waits for nothing, and the rest of the
    /// process needs open files too.
    fn is_full(&self) -> bool {
        let is_full = self.control.connections.count() >= self.most;
        if is_full && !self.is_full.swap(is_full, Ordering::Relaxed) {
            let most = self.most;
            tracing::warn!(most, "all connections are taken, and others are closed at once");
        }
        self.is_full.store(is_full, Ordering::Relaxed);
        is_full
    }

    /// The orderly end.
    async fn end<L: Listener>(
        self,
        mut listener: L,
        delay: Duration,
        time: Duration,
    ) -> ServeReport {
        let Control { drain, connections, ready, .. } = &*self.control;
        ready.store(false, Ordering::Release);
        self.accept_until(&mut listener, sleep(delay)).await;

        let streams = drain.streams().count();
        tracing::info!(streams, connections = connections.count(), "the server stops");
        let drained = Instant::now();
        drain.start();
        connections.tell(Word::Finish, false);
        // Who comes now is told to come back, and not left before a closed door.
        let gone = async {
            select! {
                () = connections.none() => {}
                () = sleep_until(drained + time) => {}
            }
        };
        self.accept_until(&mut listener, gone).await;
        drop(listener);

        let mut cut = Cut::default();
        if connections.count() > 0 {
            let grace = longest_grace(drain.streams());
            cut.note(drain.streams(), grace.is_some());
            cut.connections += connections.tell(Word::Cut, grace.is_some());
            if let Some(grace) = grace {
                // Their own end is theirs to tell; a moment for that.
                let late = sleep_until(drained + grace + GONE);
                select! {
                    () = connections.none() => {}
                    () = late => cut.note(drain.streams(), false),
                }
                cut.connections += connections.tell(Word::Cut, false);
            }
            let _in_time = timeout(GONE, connections.none()).await;
        }
        let Cut { streams: cut, connections: connections_cut, .. } = cut;
        let report = ServeReport { streams, cut, connections_cut, duration: drained.elapsed() };
        if report.connections_cut == 0 {
            tracing::info!("stopped: {report}");
        } else {
            tracing::warn!("stopped: {report}");
        }
        report
    }
}

/// Nobody is left behind by a server that is dropped.
impl Drop for Server {
    fn drop(&mut self) {
        self.control.ready.store(false, Ordering::Release);
        self.control.connections.tell(Word::Cut, false);
    }
}

/// What had to be cut.
#[derive(Default)]
struct Cut {
    /// Those in the list: whoever is cut is not gone in the same moment, and is looked at twice.
    known: HashSet<u64>,
    streams: Vec<CutStream>,
    connections: usize,
}

impl Cut {
    /// Takes down who is left, except for those whose connection goes on because of a grace.
    fn note(&mut self, streams: &Streams, spare_graced: bool) {
        let left = streams.left().into_iter();
        for Left { key, request_id, peer, is_spared, .. } in left {
            if !(spare_graced && is_spared) && self.known.insert(key) {
                self.streams.push(CutStream { request_id, peer });
            }
        }
    }
}

fn longest_grace(streams: &Streams) -> Option<Duration> {
    streams.left().into_iter().filter_map(|left| left.grace).max()
}

/// Whether it says something about one connection that is gone, and nothing about the next.
fn is_of_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
