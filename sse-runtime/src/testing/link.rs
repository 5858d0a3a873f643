//! The connection between a handler and a test reader, with the faults of one.

use std::{future::poll_fn, pin::Pin};

use axum::body::Body;
use bytes::{Buf as _, Bytes, BytesMut};
use http_body::Body as _;
use memchr::memmem;

/// What is to happen to a connection. Bytes are counted from the begin of its body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Faults {
    pub(super) cut_at: Option<u64>,
    pub(super) stall_at: Option<u64>,
    /// The block that holds this byte comes twice.
    pub(super) repeat_at: Option<u64>,
    /// Every byte is a chunk of its own.
    pub(super) dribbles: bool,
}

/// The bytes of a body, as far as they get through.
#[derive(Debug)]
pub(super) struct Link {
    /// None once it is cut: the handler sees that its reader has left.
    body: Option<Body>,
    faults: Faults,
    /// What the server has sent and the reader has not got.
    waiting: BytesMut,
    /// How many bytes have got through.
    passed: u64,
}

/// What came through.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Passed {
    Bytes(Bytes),
    End,
    Cut,
    Stalled,
}

impl Link {
    pub(super) fn new(body: Body, faults: Faults) -> Self {
        Self { body: Some(body), faults, waiting: BytesMut::new(), passed: 0 }
    }

    pub(super) fn cut(&mut self) {
        self.body = None;
        self.waiting.clear();
    }

    /// Cuts after so many more bytes.
    pub(super) fn cut_after(&mut self, bytes: u64) {
        self.faults.cut_at = Some(self.passed + bytes);
    }

    /// Stands still after so many more bytes.
    pub(super) fn stall_after(&mut self, bytes: u64) {
        self.faults.stall_at = Some(self.passed + bytes);
    }

    /// Says the block twice that holds the byte after so many more.
    pub(super) fn repeat_after(&mut self, bytes: u64) {
        self.faults.repeat_at = Some(self.passed + bytes);
    }

    pub(super) fn go_on(&mut self) {
        self.faults.stall_at = None;
    }

    pub(super) const fn passed(&self) -> u64 {
        self.passed
    }

    /// The next bytes.
    pub(super) async fn next(&mut self) -> Passed {
        if self.faults.cut_at.is_some_and(|at| at <= self.passed) {
            self.cut();
        }
        let Some(body) = &mut self.body else { return Passed::Cut };
        if self.faults.stall_at.is_some_and(|at| at <= self.passed) {
            return Passed::Stalled;
        }
        if self.waiting.is_empty() {
            match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
                None => return Passed::End,
                Some(Err(_)) => {
                    self.cut();
                    return Passed::Cut;
                }
                Some(Ok(frame)) => {
                    self.waiting.extend_from_slice(&frame.into_data().unwrap_or_default());
                }
            }
        }
        self.repeat();
        let bytes = self.waiting.split_to(self.room()).freeze();
        self.passed += bytes.len() as u64;
        Passed::Bytes(bytes)
    }

    /// How much of what waits may pass now.
    fn room(&self) -> usize {
        let until = [self.faults.cut_at, self.faults.stall_at].into_iter().flatten().min();
        let room = until.map_or(u64::MAX, |until| until - self.passed);
        let room = if self.faults.dribbles { room.min(1) } else { room };
        usize::try_from(room).map_or(self.waiting.len(), |room| room.min(self.waiting.len()))
    }

    /// Sends the block that is asked for a second time, right behind the first.
    fn repeat(&mut self) {
        let Some(at) = self.faults.repeat_at else { return };
        let Some(at) = at.checked_sub(self.passed).and_then(|at| usize::try_from(at).ok()) else {
            self.faults.repeat_at = None;
            return;
        };
        if at >= self.waiting.len() {
            return;
        }
        // The server hands whole frames over.
        let begin = memmem::rfind(&self.waiting[..at], b"\n\n").map_or(0, |end| end + 2);
        let end = memmem::find(&self.waiting[at.saturating_sub(1)..], b"\n\n");
        let end = end.map_or(self.waiting.len(), |end| at.saturating_sub(1) + end + 2).max(begin);
        let mut repeated = BytesMut::with_capacity(self.waiting.len() + end - begin);
        repeated.extend_from_slice(&self.waiting[..end]);
        repeated.extend_from_slice(&self.waiting[begin..]);
        self.waiting = repeated;
        self.faults.repeat_at = None;
    }
}

/// The whole blocks at the begin of a buffer, taken off it: what stands before a blank line.
pub(super) fn take_block(buffer: &mut BytesMut) -> Option<Bytes> {
    let end = memmem::find(buffer.chunk(), b"\n\n")? + 2;
    Some(buffer.split_to(end).freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &str, faults: Faults) -> (String, Passed) {
        let mut link = Link::new(Body::from(text.to_owned()), faults);
        let mut got = String::new();
        loop {
            match link.next().await {
                Passed::Bytes(bytes) => got.push_str(std::str::from_utf8(&bytes).unwrap()),
                other => return (got, other),
            }
        }
    }

    #[tokio::test]
    async fn every_fault_at_every_byte() {
        const TEXT: &str = "a: 1\n\nb: 22\n\nc: 333\n\n";
        for at in 0..=TEXT.len() {
            let here = Some(at as u64);
            for dribbles in [false, true] {
                let cut = Faults { cut_at: here, dribbles, ..Faults::default() };
                assert_eq!(all(TEXT, cut).await, (TEXT[..at].to_owned(), Passed::Cut));
                let stall = Faults { stall_at: here, dribbles, ..Faults::default() };
                assert_eq!(all(TEXT, stall).await, (TEXT[..at].to_owned(), Passed::Stalled));
            }
            let twice = match at {
                0..=5 => "a: 1\n\na: 1\n\nb: 22\n\nc: 333\n\n",
                6..=12 => "a: 1\n\nb: 22\n\nb: 22\n\nc: 333\n\n",
                13..=20 => "a: 1\n\nb: 22\n\nc: 333\n\nc: 333\n\n",
                _ => TEXT,
            };
            let repeat = Faults { repeat_at: here, ..Faults::default() };
            assert_eq!(all(TEXT, repeat).await, (twice.to_owned(), Passed::End), "{at}");
        }
    }
}
