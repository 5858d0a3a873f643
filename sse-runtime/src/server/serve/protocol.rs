//! Which protocol a connection speaks.

use std::{future::poll_fn, io, task::Poll, task::ready};

use tokio::io::AsyncRead;

use super::{listener::Protocol, watched::Watched};

/// How a connection of HTTP/2 begins. Two bytes would not do: `PROPFIND` begins with them too.
const HTTP2: &[u8] = b"PRI";

/// Reads as few bytes as tell the protocol; none where the peer closes before.
///
/// hyper can choose by itself, but without a deadline for a peer that says nothing, and with
/// both state machines in memory.
pub(super) async fn find<I: AsyncRead + Unpin>(
    io: &mut Watched<I>,
) -> io::Result<Option<Protocol>> {
    let mut known = 0;
    poll_fn(|cx| {
        loop {
            let bytes = ready!(io.poll_first(cx))?;
            if bytes.len() == known {
                return Poll::Ready(Ok(None));
            }
            known = bytes.len();
            if !HTTP2.starts_with(bytes) {
                return Poll::Ready(Ok(Some(Protocol::Http1)));
            }
            if bytes.len() == HTTP2.len() {
                return Poll::Ready(Ok(Some(Protocol::Http2)));
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn the_first_bytes_tell_at_every_split() {
        let cases = [
            ("GET / HTTP/1.1", Some(Protocol::Http1)),
            ("PROPFIND / HTTP/1.1", Some(Protocol::Http1)),
            ("POST / HTTP/1.1", Some(Protocol::Http1)),
            ("PRI * HTTP/2.0", Some(Protocol::Http2)),
            ("PR", None),
            ("", None),
        ];
        for (text, protocol) in cases {
            for split in 0..=text.len() {
                let (ours, mut theirs) = duplex(64);
                let mut io = Watched::new(ours, Arc::default(), Duration::from_secs(1));
                let (begin, end) = text.split_at(split);
                let found = tokio::spawn(async move { find(&mut io).await.unwrap() });
                theirs.write_all(begin.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
                let _told_already = theirs.write_all(end.as_bytes()).await;
                drop(theirs);
                assert_eq!(found.await.unwrap(), protocol, "{text} cut at {split}");
            }
        }
    }
}
