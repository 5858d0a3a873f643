//! The bytes of a connection, and what they say.

use bytes::Bytes;

use crate::wire::{Decoded, Decoder};

/// A chunk, and the decoder that reads it.
#[derive(Debug)]
pub(super) struct Feed {
    decoder: Decoder,
    chunk: Bytes,
    /// How much of it is read.
    at: usize,
}

impl Feed {
    pub(super) const fn new(decoder: Decoder) -> Self {
        Self { decoder, chunk: Bytes::new(), at: 0 }
    }

    /// The next chunk. The last one is used up.
    pub(super) fn push(&mut self, chunk: Bytes) {
        (self.chunk, self.at) = (chunk, 0);
    }

    /// Whether the chunk is used up.
    pub(super) const fn is_empty(&self) -> bool {
        self.at >= self.chunk.len()
    }

    /// What the stream says next, until the chunk is used up.
    pub(super) fn next(&mut self) -> Option<Decoded<'_>> {
        let mut input = &self.chunk[self.at.min(self.chunk.len())..];
        let before = input.len();
        let decoded = self.decoder.next(&mut input);
        self.at += before - input.len();
        decoded
    }

    /// For the next connection.
    pub(super) fn restart(&mut self) {
        (self.chunk, self.at) = (Bytes::new(), 0);
        self.decoder.restart();
    }
}
