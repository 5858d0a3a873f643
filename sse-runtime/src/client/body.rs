//! The body of a response, as it comes.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use http::{HeaderMap, header};
use http_body::Body as _;

use super::{EncodingError, Failure, ProtocolError, blame, inflate::Inflate};

/// What comes out of a [`Body`].
#[derive(Debug)]
pub(super) enum Part {
    /// So many bytes came, of the wire.
    Came(usize),
    /// These are the next ones of the stream.
    Bytes(Bytes),
    /// There is nothing more.
    End,
    /// It broke.
    Failed(Failure),
}

/// The body of a response, with its compression undone.
#[derive(Debug)]
pub(super) struct Body {
    inner: reqwest::Body,
    inflate: Option<Box<Inflate>>,
    /// What came and is still compressed.
    packed: Bytes,
}

impl Body {
    /// The body to this head.
    ///
    /// # Errors
    ///
    /// It is packed in a way that nobody asked for.
    pub(super) fn new(
        inner: reqwest::Body,
        headers: &HeaderMap,
        ratio: u32,
    ) -> Result<Self, ProtocolError> {
        let mut inflate = None;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            for coding in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                match coding {
                    b"" => {}
                    _ if coding.eq_ignore_ascii_case(b"identity") => {}
                    _ if is_gzip(coding) && inflate.is_none() => {
                        inflate = Some(Box::new(Inflate::new(ratio)));
                    }
                    _ => {
                        return Err(EncodingError::Unknown(
                            coding.escape_ascii().take(40).map(char::from).collect(),
                        )
                        .into());
                    }
                }
            }
        }
        Ok(Self { inner, inflate, packed: Bytes::new() })
    }

    /// What comes next. Nothing is asked of the network as long as there is something to unpack.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Part> {
        if let Some(part) = self.unpack() {
            return Poll::Ready(part);
        }
        loop {
            let frame = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                None => return Poll::Ready(self.end()),
                Some(Err(error)) => return Poll::Ready(Part::Failed(blame::of_body(&error))),
                Some(Ok(frame)) => frame,
            };
            let Ok(bytes) = frame.into_data() else { continue }; // trailers
            if !bytes.is_empty() {
                let came = bytes.len();
                self.packed = bytes;
                return Poll::Ready(Part::Came(came));
            }
        }
    }

    fn unpack(&mut self) -> Option<Part> {
        let Some(inflate) = &mut self.inflate else {
            let came = std::mem::take(&mut self.packed);
            return (!came.is_empty()).then_some(Part::Bytes(came));
        };
        // Asked also where nothing is left to go in: much may still come out of what went in.
        let mut input = &self.packed[..];
        let mut output = Vec::new();
        let outcome = inflate.next(&mut input, &mut output);
        let used = self.packed.len() - input.len();
        self.packed.advance(used);
        match outcome {
            Ok(0) => None,
            Ok(_) => Some(Part::Bytes(output.into())),
            Err(error) => Some(Part::Failed(ProtocolError::from(error).into())),
        }
    }

    fn end(&self) -> Part {
        match self.inflate.as_ref().map_or(Ok(()), |inflate| inflate.end()) {
            Ok(()) => Part::End,
            // Whoever cut it, cut it.
            Err(_) => Part::Failed(super::TransportError::Cut.into()),
        }
    }
}

fn is_gzip(coding: &[u8]) -> bool {
    coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip")
}
