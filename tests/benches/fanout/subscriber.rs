//! One subscriber: as lean as it can be, so that the load keeps up with the server.

use std::{
    collections::VecDeque,
    io::{self, Read as _, Write as _},
    net::SocketAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use mio::net::TcpStream;

/// Where a frame says when it was sent: near its end.
const SENT: &[u8] = b"\"at\":";

/// A connection that counts its events by their bytes.
pub(crate) struct Subscriber {
    pub(crate) socket: TcpStream,
    chunks: Chunks,
    /// Bytes of events so far.
    bytes: u64,
    /// The events as text, where their latency is measured.
    sample: Option<Vec<u8>>,
    /// How many bytes there were before each chunk whose first event was not read yet: what a
    /// chunk holds has left together.
    begins: VecDeque<u64>,
}

impl Subscriber {
    /// Connects, and reads the head; of a channel also `sse.open`, so that what comes after it
    /// is events alone.
    pub(crate) fn connect(to: SocketAddr, says_open: bool, sampled: bool) -> io::Result<Self> {
        let mut socket = std::net::TcpStream::connect(to)?;
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut head = Vec::new();
        read_through(&mut socket, &mut head, b"\r\n\r\n")?;
        if !head.starts_with(b"HTTP/1.1 200 ") {
            return Err(io::Error::other("the server refused"));
        }
        if says_open {
            read_through(&mut socket, &mut head, b"\n\n\r\n")?;
        }
        socket.set_nonblocking(true)?;
        let socket = TcpStream::from_std(socket);
        let sample = sampled.then(Vec::new);
        let (chunks, begins) = (Chunks::default(), VecDeque::new());
        Ok(Self { socket, chunks, bytes: 0, sample, begins })
    }

    /// Reads what is there, and gives how many events it has so far. `frame` is the length of
    /// a frame; the latency of each event that ends here goes to `late`, with its number and
    /// whether it is the first of its chunk.
    pub(crate) fn read(
        &mut self,
        buffer: &mut [u8],
        frame: u64,
        mut late: impl FnMut(u64, u64, bool),
    ) -> io::Result<u64> {
        loop {
            let read = match self.socket.read(buffer) {
                Ok(0) => return Err(io::Error::other("the server closed a stream")),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            let (bytes, sample, begins) = (&mut self.bytes, &mut self.sample, &mut self.begins);
            self.chunks.read(&buffer[..read], |data, begins_chunk| {
                if let Some(sample) = sample {
                    sample.extend_from_slice(data);
                    if begins_chunk {
                        begins.push_back(*bytes);
                    }
                }
                *bytes += data.len() as u64;
            });
            if read < buffer.len() {
                break; // there was no more; the next bytes come with another event of the poll
            }
        }
        let count = self.bytes / frame;
        if let Some(sample) = &mut self.sample {
            let now = nanoseconds_now();
            let frame = usize::try_from(frame).unwrap_or(usize::MAX);
            let whole = sample.len() / frame;
            for (at, event) in sample.chunks_exact(frame).enumerate() {
                let number = count - (whole - at) as u64;
                let is_first = self.begins.front() == Some(&(number * frame as u64));
                if is_first {
                    self.begins.pop_front();
                }
                let sent = sent(event).expect("a whole frame, which says when it was sent");
                late(number, now.saturating_sub(sent), is_first);
            }
            sample.drain(..whole * frame);
        }
        Ok(count)
    }

    /// The length of the first frame, once it is there: every other has the same.
    pub(crate) fn first_frame(&mut self, buffer: &mut [u8]) -> io::Result<Option<u64>> {
        self.read(buffer, u64::MAX, |_, _, _| {})?;
        let text = self.sample.as_deref().unwrap_or_default();
        Ok(memchr::memmem::find(text, b"\n\n").map(|end| end as u64 + 2))
    }
}

pub(crate) fn nanoseconds_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// When an event was sent, of a frame that is one: whole, and where it should be.
pub(crate) fn sent(event: &[u8]) -> Option<u64> {
    if !(event.starts_with(b"id: ") && event.ends_with(b"}\n\n")) {
        return None;
    }
    let at = memchr::memmem::rfind(event, SENT)? + SENT.len();
    let digits = event.get(at..event.len() - b"}\n\n".len())?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Reads byte by byte, so that nothing of what follows is taken.
fn read_through(socket: &mut impl io::Read, text: &mut Vec<u8>, end: &[u8]) -> io::Result<()> {
    let begin = text.len();
    let mut byte = [0];
    while !text[begin..].ends_with(end) {
        socket.read_exact(&mut byte)?;
        text.push(byte[0]);
    }
    Ok(())
}

/// Reads the chunked coding of HTTP/1.1, as far as a server that means well needs it.
#[derive(Debug, Default)]
struct Chunks {
    /// Bytes of the chunk that are still to come.
    data: usize,
    /// The length of the next chunk, as far as it was read.
    length: usize,
    /// Whether a digit of it was read: the line before it is empty.
    has_digits: bool,
    /// Whether nothing of the chunk was read.
    begins: bool,
}

impl Chunks {
    fn read(&mut self, mut bytes: &[u8], mut data: impl FnMut(&[u8], bool)) {
        while !bytes.is_empty() {
            if self.data > 0 {
                let (now, rest) = bytes.split_at(self.data.min(bytes.len()));
                data(now, std::mem::take(&mut self.begins));
                self.data -= now.len();
                bytes = rest;
                continue;
            }
            match bytes[0] {
                b'\n' if self.has_digits => {
                    *self = Self { data: self.length, begins: true, ..Self::default() };
                }
                b'\r' | b'\n' => {}
                digit => {
                    let digit = char::from(digit).to_digit(16).expect("a length");
                    (self.length, self.has_digits) = (self.length * 16 + digit as usize, true);
                }
            }
            bytes = &bytes[1..];
        }
    }
}
