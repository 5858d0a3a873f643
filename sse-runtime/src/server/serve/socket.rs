//! What is set on the socket of a connection.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// The clocks and buffers of a socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuning {
    /// How many bytes the kernel may hold for a reader that does not take them.
    pub(super) send_buffer: usize,
    /// After how long without a word the peer is asked whether it is there.
    pub(super) keepalive: Duration,
    /// After how long without an answer to what was sent the peer is gone.
    pub(super) user_timeout: Duration,
}

impl Tuning {
    /// A socket that takes less than all of it still serves.
    pub(super) fn apply(&self, socket: &TcpStream) {
        if let Err(error) = self.try_apply(socket) {
            tracing::debug!(%error, "a socket is not set as it should be");
        }
    }

    fn try_apply(&self, socket: &TcpStream) -> io::Result<()> {
        // Each batch leaves at once, instead of waiting for the one before to be acknowledged.
        socket.set_nodelay(true)?;
        let socket = SockRef::from(socket);
        let every = self.keepalive.max(Duration::from_secs(1));
        socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(every).with_interval(every))?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(self.user_timeout))?;
        // What is not on its way yet is what is bounded, where the system can tell: what is, a
        // reader takes. A bound of both, `SO_SNDBUF`, held a replay to a quarter of what it
        // reaches (`tests/benches/replay.rs`), and a reader that never reads to no less.
        #[cfg(target_os = "linux")]
        return socket.set_tcp_notsent_lowat(u32::try_from(self.send_buffer).unwrap_or(u32::MAX));
        #[cfg(not(target_os = "linux"))]
        socket.set_send_buffer_size(self.send_buffer)
    }
}
