//! A proxy between a real client and a real server, which breaks the responses that pass through.
//!
//! The test kit of `sse-runtime` does the like to a body in the same process. Here the faults are
//! those of sockets: an end without the last chunk, a reset, a connection that is open and dead.
//!
//! The first plan is for the first connection that is accepted, the second for the second; a
//! connection without one passes through untouched. The deadlines and pauses are of real time,
//! because sockets know no other: a test with a paused clock is not for this proxy.
//!
//! A client that has closed its sending half is taken to have left, as nothing else shows that a
//! client no longer listens to a stream on which nothing is said.

mod chunked;
mod connection;
mod counts;
mod repeat;
mod tap;

use std::{
    collections::VecDeque,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{net::TcpListener, task::JoinSet, time::sleep};

use counts::Ledger;

/// What is to happen to the responses of one connection.
///
/// [`Cut`](Self::Cut), [`Reset`](Self::Reset), [`Stall`](Self::Stall) and
/// [`Dribble`](Self::Dribble) count the bytes of a connection as TCP has them, heads included.
/// With `after: 0` the server is asked, and not a byte of its answer gets through.
///
/// [`CutBody`](Self::CutBody), [`Truncate`](Self::Truncate) and [`Duplicate`](Self::Duplicate)
/// are for the first response of a connection whose body is chunked, and count what the chunks
/// hold. Its head passes as it is; its chunks are written anew, cut where the server's happened
/// to be read. A connection on which none comes passes through, which [`Proxy::struck`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "tests make them")]
pub enum Fault {
    /// The connection is accepted and closed; the server never hears of it.
    Refuse,
    /// Both sides are closed after so many bytes. The client is told by a FIN, so that it gets
    /// everything before the cut, and counts as open until it has closed its own side.
    Cut {
        /// How many bytes pass.
        after: usize,
    },
    /// Both sides are reset after so many bytes. A reset takes back what the client's socket had
    /// no room for, so it is exact as far as a receive buffer goes: 32 KiB, if nothing is read.
    Reset {
        /// How many bytes pass.
        after: usize,
    },
    /// So many bytes pass and then nothing, in neither direction. Both sockets stay open until
    /// the client leaves.
    Stall {
        /// How many bytes pass.
        after: usize,
    },
    /// The bytes come in small pieces.
    Dribble {
        /// How many a piece has at most; 0 is taken for 1.
        bytes: usize,
        /// The time between two pieces.
        pause: Duration,
    },
    /// As [`Cut`](Self::Cut), after so many bytes of the body, at the end of a chunk.
    CutBody {
        /// How many bytes pass.
        after: usize,
    },
    /// The body ends after so many bytes, properly: the client cannot tell that anything is
    /// missing. Both sides are closed then.
    Truncate {
        /// How many bytes pass.
        after: usize,
    },
    /// A block comes twice: text up to a blank line, whose lines end in line feeds alone.
    Duplicate {
        /// Which one, counted from 0, comments and control events included.
        block: usize,
    },
}

/// A proxy on a port of its own. Dropping it closes the port and all connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    plans: Plans,
    ledger: Ledger,
    /// Stops with the proxy.
    _accepting: JoinSet<()>,
}

/// The faults of connections that have not come yet, the next one first.
type Plans = Arc<Mutex<VecDeque<Fault>>>;

impl Proxy {
    /// A proxy in front of the server at this address.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    #[allow(clippy::expect_used, reason = "tests")]
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (plans, ledger) = (Plans::default(), Ledger::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, upstream, Arc::clone(&plans), ledger.clone()));
        Self { address, plans, ledger, _accepting: accepting }
    }

    /// Where clients connect to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Plans a connection: the next one, or the one after those that have a plan.
    pub fn next(&self, fault: Fault) {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    /// How many connections have been accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.ledger.counts().connections
    }

    /// How many clients hold their sockets open. One that was reset or refused does not count;
    /// one that was cut does, until it closes its own side.
    #[must_use]
    pub fn open(&self) -> usize {
        self.ledger.counts().open
    }

    /// How many faults have happened; a client that has seen one finds it counted. A test that
    /// plans one asks for it, or it may pass because the response was shorter than the test
    /// believes.
    #[must_use]
    pub fn struck(&self) -> usize {
        self.ledger.counts().struck
    }

    /// Waits until so many connections have been accepted, or more.
    ///
    /// # Panics
    ///
    /// When they do not come within 20 seconds.
    pub async fn wait_until_connections(&self, count: usize) {
        self.ledger
            .wait(&format!("{count} connections"), |counts| counts.connections >= count)
            .await;
    }

    /// Waits until exactly so many clients hold their sockets open.
    ///
    /// # Panics
    ///
    /// When it does not come to that within 20 seconds.
    pub async fn wait_until_open(&self, count: usize) {
        self.ledger.wait(&format!("{count} open"), |counts| counts.open == count).await;
    }

    /// Waits until so many faults have happened, or more.
    ///
    /// # Panics
    ///
    /// When they do not happen within 20 seconds.
    pub async fn wait_until_struck(&self, count: usize) {
        self.ledger.wait(&format!("{count} struck"), |counts| counts.struck >= count).await;
    }
}

async fn accept(listener: TcpListener, upstream: SocketAddr, plans: Plans, ledger: Ledger) {
    let mut connections = JoinSet::new();
    // Dropped before the connections: whoever sees its own end is refused when it comes again.
    let listener = listener;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    let fault = plans.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let client = ledger.accept(socket);
                    connections.spawn(connection::run(client, upstream, fault));
                }
                Err(error) => pass_over(&error).await,
            },
            // Otherwise the ended ones would pile up.
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A connection that went before it was accepted is no loss. Where there are no descriptors left
/// the next one fails likewise, until somebody closes one.
async fn pass_over(error: &io::Error) {
    if error.kind() != io::ErrorKind::ConnectionAborted {
        sleep(Duration::from_millis(10)).await;
    }
}
