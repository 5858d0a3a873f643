//! What a body that is compressed with gzip says.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{EncodingError, gzip_header::Header};

/// Reads gzip (RFC 1952) as it comes: chunks that may be cut anywhere go in, pieces of at most
/// 16 KiB come out, each as soon as the bytes are there that say it. Beside that, it holds the
/// window of 32 KiB and the tables of the decompressor, whatever comes. An event is not held back
/// for the checksum, which stands at the end of a member, and so perhaps of a day.
///
/// The reader that `flate2` has for the whole format is fed a chunk and writes all of it, which
/// may be a thousand times as much. So only the decompressor is of `flate2`; header, checksum and
/// the members that may follow one another are read here, and the caller takes one piece after
/// the other, as slowly as it likes.
pub(crate) struct Inflate {
    part: Part,
    deflate: Decompress,
    /// Of what has come out of this member.
    crc: Crc,
    /// The last piece was full, so that more may come out although nothing comes in.
    more: bool,
    /// Of the whole stream.
    taken: u64,
    given: u64,
    ratio: u32,
}

/// What the next byte belongs to.
enum Part {
    Header(Header),
    Data,
    /// Checksum and length, with those bytes that have come.
    Trailer([u8; TRAILER], usize),
    Failed(EncodingError),
}

/// How much comes out at once.
pub(crate) const PIECE: usize = 16 << 10;
/// Bytes after the data of a member.
const TRAILER: usize = 8;
/// So much may come out whatever came in: the begin of a stream may well be repetitive.
const UNJUDGED: u64 = 1 << 20;
/// How much may come out for each byte that came in, after that. Events of their own get to 5; a
/// state of 14 KB that is sent whole each time and never changes to 100, one of zeros alone to
/// 300; what is made to do harm to 1,030, the most that deflate can.
pub(super) const RATIO: u32 = 400;

impl Inflate {
    /// For a body from its begin on, with a bound on what may come out for each byte, once more
    /// than 1 MiB has.
    pub(crate) fn new(ratio: u32) -> Self {
        Self {
            part: Part::Header(Header::new()),
            deflate: Decompress::new(false),
            crc: Crc::new(),
            more: false,
            taken: 0,
            given: 0,
            ratio,
        }
    }

    /// Writes the next piece in place of what `output` holds, and takes from `input` what it was
    /// made of. The result is its length, and 0 where all input has been used up: call it until
    /// then. `output` never grows beyond 16 KiB.
    ///
    /// # Errors
    ///
    /// Corrupt data, or too much of it; then, and at each further call, the same.
    pub(crate) fn next(
        &mut self,
        input: &mut &[u8],
        output: &mut Vec<u8>,
    ) -> Result<usize, EncodingError> {
        let piece = self.piece(input, output);
        if let Err(error) = &piece {
            // What has not been judged as good is not to be read.
            output.clear();
            self.part = Part::Failed(error.clone());
        }
        piece
    }

    /// Whether the body may end here: after a member, or before the first one.
    ///
    /// # Errors
    ///
    /// [`Unfinished`](EncodingError::Unfinished) if it may not, and what `next` has failed with.
    pub(crate) fn end(&self) -> Result<(), EncodingError> {
        match &self.part {
            Part::Header(header) if header.is_untouched() => Ok(()),
            Part::Failed(error) => Err(error.clone()),
            _ => Err(EncodingError::Unfinished),
        }
    }

    fn piece(&mut self, input: &mut &[u8], output: &mut Vec<u8>) -> Result<usize, EncodingError> {
        loop {
            match &mut self.part {
                Part::Failed(error) => return Err(error.clone()),
                Part::Data => {
                    let ended = self.inflate(input, output)?;
                    if ended {
                        self.part = Part::Trailer([0; TRAILER], 0);
                    }
                    if !ended || !output.is_empty() {
                        return Ok(output.len());
                    }
                }
                Part::Header(header) => {
                    let Some(byte) = first(input, &mut self.taken) else { break };
                    if header.take(byte)? {
                        self.deflate.reset(false);
                        self.crc.reset();
                        self.part = Part::Data;
                    }
                }
                Part::Trailer(bytes, at) => {
                    let Some(byte) = first(input, &mut self.taken) else { break };
                    bytes[*at] = byte;
                    *at += 1;
                    if *at == TRAILER {
                        if *bytes != trailer(&self.crc) {
                            return Err(EncodingError::Corrupt);
                        }
                        self.part = Part::Header(Header::new());
                    }
                }
            }
        }
        output.clear();
        Ok(0)
    }

    /// One piece of the data of a member; true if it was the last. An empty one that is not the
    /// last means that all input has been used up.
    fn inflate(&mut self, input: &mut &[u8], output: &mut Vec<u8>) -> Result<bool, EncodingError> {
        if input.is_empty() && !self.more {
            output.clear();
            return Ok(false);
        }
        loop {
            output.reserve_exact(PIECE.saturating_sub(output.len()));
            output.resize(PIECE, 0);
            let before = (self.deflate.total_in(), self.deflate.total_out());
            let status = self.deflate.decompress(input, output, FlushDecompress::None);
            let status = status.map_err(|_| EncodingError::Corrupt)?;
            let taken = self.deflate.total_in() - before.0;
            let given = self.deflate.total_out() - before.1;
            *input = usize::try_from(taken).ok().and_then(|at| input.get(at..)).unwrap_or(&[]);
            output.truncate(usize::try_from(given).unwrap_or(PIECE));
            self.crc.update(output);
            self.more = output.len() == PIECE;
            self.count(taken, given)?;
            if status == Status::StreamEnd {
                self.more = false;
                return Ok(true);
            }
            if !output.is_empty() || input.is_empty() {
                return Ok(false);
            }
            // It neither takes nor gives: nothing will ever come of it.
            if taken == 0 {
                return Err(EncodingError::Corrupt);
            }
        }
    }

    fn count(&mut self, taken: u64, given: u64) -> Result<(), EncodingError> {
        self.taken = self.taken.saturating_add(taken);
        self.given = self.given.saturating_add(given);
        let allowed = self.taken.saturating_mul(u64::from(self.ratio)).max(UNJUDGED);
        if self.given > allowed {
            return Err(EncodingError::Expansion { ratio: self.ratio });
        }
        Ok(())
    }
}

/// Takes the first byte off.
fn first(input: &mut &[u8], taken: &mut u64) -> Option<u8> {
    let (byte, rest) = input.split_first()?;
    *input = rest;
    *taken = taken.saturating_add(1);
    Some(*byte)
}

/// What has to stand after a member, by section 2.3.1 of RFC 1952.
fn trailer(crc: &Crc) -> [u8; TRAILER] {
    let [a, b, c, d] = crc.sum().to_le_bytes();
    let [e, f, g, h] = crc.amount().to_le_bytes();
    [a, b, c, d, e, f, g, h]
}

impl std::fmt::Debug for Inflate {
    /// Without the window, which holds what was received.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { taken, given, ratio, .. } = self;
        f.debug_struct("Inflate")
            .field("taken", taken)
            .field("given", given)
            .field("ratio", ratio)
            .finish_non_exhaustive()
    }
}
