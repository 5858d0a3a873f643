//! The socket that connections come in by.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// How many connections may wait to be accepted. After a restart all readers come back
/// within seconds; whoever finds the usual 128 places taken tries again a second later.
const WAITING: u32 = 4_096;

/// Listens on the first address of this name that can be listened on.
pub(crate) async fn listen(name: &str) -> io::Result<TcpListener> {
    let fault = |error| io::Error::other(format!("cannot listen on {name}: {error}"));
    let mut refused = io::Error::other("no such address");
    for address in lookup_host(name).await.map_err(fault)? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(fault(refused))
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart need not wait for the connections of the last run to time out. Elsewhere
    // the same option would let two programs share the address.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}
