//! The load: every subscriber in one thread, and the word of how far the slowest is.

use std::{
    collections::VecDeque,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token};

use super::{
    memory::kernel_memory,
    plan::{By, Plan, Side, Sight},
    process::{Cores, Server},
    subscriber::Subscriber,
};

/// The latency of each so-many-th subscriber is measured: reading all events would cost more
/// than the server spends on them.
const SAMPLED: usize = 20;
/// After so long a run has failed.
const LONGEST: Duration = Duration::from_secs(60);

/// What one run gave.
#[derive(Debug)]
pub(crate) struct Measured {
    /// Processor time of the server for each event that a subscriber got, in nanoseconds.
    pub(crate) cpu: f64,
    /// Events a second that everybody got.
    pub(crate) rate: f64,
    /// From the moment before it was published until it was read, in nanoseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Bytes of a frame.
    pub(crate) frame: f64,
    /// How many events came together.
    pub(crate) batch: f64,
    /// The memory of the server, in bytes.
    pub(crate) resident: f64,
    /// What the kernel of the server holds for the reader that has read the least, in bytes.
    pub(crate) kernel: f64,
    /// When the first and the last of the stuck readers were ended, in seconds.
    pub(crate) first_ended: f64,
    pub(crate) last_ended: f64,
    /// From the moment before the oldest event of a batch was published until it was read, in
    /// nanoseconds on average.
    pub(crate) oldest: f64,
    /// What the stop watches of the server say, of fan-outs and of writes: how many, the median,
    /// the 99th of a hundred, the mean. Zeros where there are none.
    pub(crate) watched: [[u64; 4]; 2],
    /// The metrics at the end; nothing where nobody keeps them.
    pub(crate) page: String,
}

/// Starts a server, lets it publish, and reads everything as everybody.
pub(crate) fn run(cores: &Cores, plan: &Plan) -> io::Result<Measured> {
    let server = Server::start(cores, plan)?;
    let mut control = TcpStream::connect(server.control)?;
    control.set_nodelay(true)?;
    control.set_read_timeout(Some(LONGEST))?;
    let stuck: Vec<TcpStream> =
        (0..plan.stuck).map(|_| stick(&server)).collect::<Result<_, _>>()?;
    let mut load = Load::connect(&server, plan)?;
    control.write_all(&0_u64.to_be_bytes())?;
    load.read_all(plan, &mut control)?;
    let (cpu, took) = (read_u64(&mut control)?, read_u64(&mut control)?);
    let resident = read_u64(&mut control)? as f64;
    let held = if stuck.is_empty() { Vec::new() } else { kernel_memory(server.events.port()) };
    let kernel = held.into_iter().fold(0.0, f64::max);
    let mut ended = [0.0; 2];
    if let Side::Ours(By::Serve, _) = plan.side {
        for after in &mut ended {
            *after = read_u64(&mut control)? as f64 / 1e3;
        }
    }
    let mut watched = [[0; 4]; 2];
    if plan.sight == Sight::Watches {
        for figure in watched.iter_mut().flatten() {
            *figure = read_u64(&mut control)?;
        }
    }
    let page = if plan.sight == Sight::Nobody { String::new() } else { metrics(&server)? };
    let late = &mut load.late;
    late.sort_unstable();
    let part = |part: f64| late[((late.len() - 1) as f64 * part) as usize] as f64;
    Ok(Measured {
        cpu: cpu as f64 / (plan.events as f64 * plan.good as f64),
        rate: plan.events as f64 * 1e9 / took as f64,
        p50: part(0.5),
        p99: part(0.99),
        frame: load.frame as f64,
        batch: load.sampled as f64 / load.oldest.len() as f64,
        resident,
        kernel,
        first_ended: ended[0],
        last_ended: ended[1],
        oldest: load.oldest.iter().sum::<u64>() as f64 / load.oldest.len() as f64,
        watched,
        page,
    })
}

/// What Prometheus would read now.
fn metrics(server: &Server) -> io::Result<String> {
    let mut socket = TcpStream::connect(server.events)?;
    socket.set_read_timeout(Some(LONGEST))?;
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A reader that asks and never reads. Its own buffer is small, as that of a phone without
/// a network soon is: what it cannot take is the server's to hold.
fn stick(server: &Server) -> io::Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.set_recv_buffer_size(4_096)?;
    socket.connect(&server.events.into())?;
    let mut socket = TcpStream::from(socket);
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    Ok(socket)
}

fn read_u64(from: &mut TcpStream) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}

struct Load {
    poll: Poll,
    subscribers: Vec<Subscriber>,
    slowest: Slowest,
    /// The length of a frame; 0 until one has come.
    frame: u64,
    late: Vec<u64>,
    /// How many events were sampled, the first ones included.
    sampled: u64,
    /// The latency of the oldest event of each batch of those.
    oldest: Vec<u64>,
}

impl Load {
    fn connect(server: &Server, plan: &Plan) -> io::Result<Self> {
        let poll = Poll::new()?;
        let good = usize::try_from(plan.good).unwrap_or(usize::MAX);
        let mut subscribers = Vec::with_capacity(good);
        for at in 0..good {
            let says_open = plan.side != Side::Reference;
            let mut subscriber = Subscriber::connect(server.events, says_open, at % SAMPLED == 0)?;
            poll.registry().register(&mut subscriber.socket, Token(at), Interest::READABLE)?;
            subscribers.push(subscriber);
        }
        let (slowest, late, oldest) = (Slowest::new(good), Vec::new(), Vec::new());
        Ok(Self { poll, subscribers, slowest, frame: 0, late, sampled: 0, oldest })
    }

    /// Reads until everybody has everything.
    fn read_all(&mut self, plan: &Plan, control: &mut TcpStream) -> io::Result<()> {
        let (begin, total) = (Instant::now(), plan.warmup + plan.events);
        let mut events = Events::with_capacity(self.subscribers.len());
        let mut buffer = vec![0; 256 * 1024];
        while self.slowest.count() < total {
            // Never asleep: whoever wakes a process on another core pays more for that than for
            // the rest of a write, and only where the reader happens to keep up. Readers on
            // other machines cost the server nothing of the kind.
            self.poll.poll(&mut events, Some(Duration::ZERO))?;
            if begin.elapsed() > LONGEST {
                return Err(io::Error::other("not every event arrived in time"));
            }
            let before = self.slowest.count();
            for event in &events {
                self.read(event.token().0, plan, &mut buffer)?;
            }
            if self.slowest.count() > before {
                control.write_all(&self.slowest.count().to_be_bytes())?;
            }
        }
        Ok(())
    }

    fn read(&mut self, at: usize, plan: &Plan, buffer: &mut [u8]) -> io::Result<()> {
        if self.frame == 0 {
            // The first sampled one says how long a frame is; nobody is counted before.
            self.frame = self.subscribers[0].first_frame(buffer)?.unwrap_or(0);
            if self.frame == 0 {
                return Ok(());
            }
            return (0..self.subscribers.len()).try_for_each(|at| self.read(at, plan, buffer));
        }
        let (late, sampled, oldest) = (&mut self.late, &mut self.sampled, &mut self.oldest);
        let count =
            self.subscribers[at].read(buffer, self.frame, |number, nanoseconds, first| {
                if number >= plan.warmup {
                    late.push(nanoseconds);
                }
                *sampled += 1;
                if first {
                    oldest.push(nanoseconds);
                }
            })?;
        self.slowest.has(at, count);
        Ok(())
    }
}

/// How many events the slowest subscriber has, kept up without looking at all of them.
struct Slowest {
    /// How many each has.
    has: Vec<u64>,
    /// How many subscribers have `least` events, `least` + 1, and so on.
    having: VecDeque<usize>,
    least: u64,
}

impl Slowest {
    fn new(subscribers: usize) -> Self {
        Self { has: vec![0; subscribers], having: VecDeque::from([subscribers]), least: 0 }
    }

    const fn count(&self) -> u64 {
        self.least
    }

    fn has(&mut self, subscriber: usize, count: u64) {
        let place = |count: u64| usize::try_from(count - self.least).unwrap_or(usize::MAX);
        let before = std::mem::replace(&mut self.has[subscriber], count);
        let (before, now) = (place(before), place(count));
        if self.having.len() <= now {
            self.having.resize(now + 1, 0);
        }
        self.having[before] -= 1;
        self.having[now] += 1;
        while self.having.front() == Some(&0) {
            self.having.pop_front();
            self.least += 1;
        }
    }
}
