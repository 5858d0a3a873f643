//! A response is cut after each of its bytes: the head of HTTP, `sse.open`, some events.

use std::time::Duration;

use sse_runtime::{Position, Resumed, client::Client};
use sse_tests::{
    checker::Value,
    proxy::{Fault, Proxy},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    reader::Reader,
    shop::{BOTH, EVEN, Log, ORDERS, Shop, client, is_even},
};

/// How many rounds go on at once, each with a proxy and a channel of its own.
const WORKERS: usize = 8;
/// Nothing stalls here, and so nothing but the cut is to end a connection, however busy the
/// machine is.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many events are published at the begin of each round, beside an ephemeral one.
const EVENTS: u32 = 3;
/// What is asked for, and what is there when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Everything is there, and the stream has a position.
    Replayed,
    /// Nothing is there, and it has none.
    Live,
    Filtered,
    Merged,
}

/// One after the other, on one client.
struct Worker {
    shop: Shop,
    proxy: Proxy,
    client: Client,
    form: Form,
    number: u32,
}

impl Worker {
    async fn new(form: Form, client: Client) -> Self {
        let shop = Shop::keeping_all().await;
        let proxy = Proxy::start(shop.address).await;
        Self { shop, proxy, client, form, number: 0 }
    }

    /// Reads a stream whose connection breaks once. Whatever happens to be missing when it has
    /// come, more is published until it breaks, so that it always does.
    async fn round(&mut self, fault: Fault) {
        let (struck, begin) = (self.proxy.struck(), self.shop.orders.position());
        self.proxy.next(fault);
        let mut due = Vec::new();
        let is_replayed = self.form == Form::Replayed;
        if is_replayed {
            due.extend(self.publish_all().await);
        }
        let mut reader = self.subscribe(is_replayed.then_some(begin));
        reader.read_until(|reader| !reader.resumed.is_empty()).await;
        if !is_replayed {
            due.extend(self.publish_all().await);
        }
        reader.read_until(|reader| has(reader, &due)).await;
        while self.proxy.struck() == struck {
            assert!(self.number < 1_000, "{fault:?} does not strike");
            due.extend(self.publish(self.number).await);
            reader.read_until(|reader| has(reader, &due)).await;
            // The proxy has its turn, where nothing of this was to be waited for.
            sleep(Duration::from_millis(1)).await;
        }
        // One that every form shows, on the connection after that.
        due.extend(self.publish(self.number.next_multiple_of(2)).await);
        reader.read_until(|reader| has(reader, &due)).await;

        let context = format!("{fault:?}, {:?}", self.form);
        assert_eq!(self.proxy.struck(), struck + 1, "{context}");
        let due_orders: Vec<_> = due.iter().filter(|due| due.0 == Log::Orders).collect();
        let orders: Vec<_> = reader.delivered(Log::Orders);
        assert!(orders.iter().eq(due_orders.iter().map(|due| &due.1)), "{context}: {orders:?}");
        let beats: Vec<_> = due.iter().filter(|due| due.0 == Log::Host).map(|due| due.1).collect();
        assert_eq!(reader.delivered(Log::Host), beats, "{context}");
        let first = if is_replayed { Resumed::Exact } else { Resumed::Fresh };
        reader.assert_always_exact(first);
        assert!((1..=2).contains(&reader.resumed.len()), "{context}: {reader:?}");
        assert_eq!(reader.events.repeats(), 0, "{context}");
        // Between the first event and the second, or not at all.
        let viewed = |(_, before): &(u32, usize)| *before == 1;
        assert!(reader.viewed.len() <= 1 && reader.viewed.iter().all(viewed), "{context}");
    }

    fn path(&self) -> &'static str {
        match self.form {
            Form::Replayed | Form::Live => ORDERS,
            Form::Filtered => EVEN,
            Form::Merged => BOTH,
        }
    }

    fn subscribe(&self, from: Option<Position>) -> Reader {
        let path = self.path();
        let url = format!("http://{}/{path}", self.proxy.address());
        Reader::new(&self.client, &url, &self.shop, from)
    }

    /// How long the response of a round is that is not cut: its head, and all of it.
    async fn measure(&mut self) -> (usize, usize) {
        let mut socket = TcpStream::connect(self.proxy.address()).await.expect("a connection");
        let (path, begin) = (self.path(), self.shop.orders.position());
        let is_replayed = self.form == Form::Replayed;
        let resume =
            if is_replayed { format!("last-event-id: {begin}\r\n") } else { String::new() };
        if is_replayed {
            self.publish_all().await;
        }
        let request = format!("GET /{path} HTTP/1.1\r\nhost: localhost\r\n{resume}\r\n");
        socket.write_all(request.as_bytes()).await.expect("sent");
        let mut response = Vec::new();
        read_behind(&mut socket, "event: sse.open", &mut response).await;
        if !is_replayed {
            self.publish_all().await;
        }
        // Merged, it is the last of the second log.
        let last = if self.form == Form::Merged { "event: beat" } else { "event: placed" };
        let count = if self.form == Form::Filtered { 2 } else { EVENTS };
        for _ in 0..count {
            read_behind(&mut socket, last, &mut response).await;
        }
        let text = String::from_utf8_lossy(&response);
        (text.find("\r\n\r\n").expect("a head") + 4, response.len())
    }

    /// What is published at the begin; of it what is due to the reader.
    async fn publish_all(&mut self) -> Vec<(Log, (Position, Value))> {
        let mut due = Vec::new();
        // Each round is the same.
        self.number = 0;
        for number in 0..EVENTS {
            due.extend(self.publish(number).await);
            if number == 0 {
                self.shop.view(number).await;
            }
        }
        due
    }

    async fn publish(&mut self, number: u32) -> Vec<(Log, (Position, Value))> {
        let value = (0, number);
        self.number = number + 1;
        let mut due = vec![(Log::Orders, (self.shop.order(value).await, value))];
        if self.form == Form::Merged {
            due.push((Log::Host, (self.shop.beat(value).await, value)));
        }
        due.retain(|(_, (_, value))| self.form != Form::Filtered || is_even(*value));
        due
    }
}

/// Reads up to the end of the block that holds this and was not read before.
async fn read_behind(socket: &mut TcpStream, what: &str, all: &mut Vec<u8>) {
    let mut block = Vec::new();
    while !(block.ends_with(b"\n\n") && String::from_utf8_lossy(&block).contains(what)) {
        let byte = timeout(Duration::from_secs(10), socket.read_u8()).await;
        block.push(byte.expect("in time").expect("no end"));
    }
    all.extend(block);
}

/// Whether as much has come as is due: what came is looked at when it has.
fn has(reader: &Reader, due: &[(Log, (Position, Value))]) -> bool {
    reader.delivered(Log::Orders).len() + reader.delivered(Log::Host).len() >= due.len()
}

/// A round for each byte of a response, or of its body alone.
async fn at_every_byte(form: Form, fault: fn(usize) -> Fault) {
    let (client, mut rounds) = (client(PATIENCE), JoinSet::new());
    let (head, whole) = Worker::new(form, client.clone()).await.measure().await;
    let is_of_body = !matches!(fault(0), Fault::Cut { .. });
    // The lines of the chunks are counted with the body, which does no harm.
    let bytes = if is_of_body { whole - head } else { whole };
    assert!(head > 200 && whole - head > 500, "{head} of {whole}");
    println!("{form:?}, {:?}: {bytes} bytes", fault(0));
    for first in 0..WORKERS {
        let client = client.clone();
        rounds.spawn(async move {
            let mut worker = Worker::new(form, client).await;
            for after in (first..=bytes).step_by(WORKERS) {
                worker.round(fault(after)).await;
            }
            worker.proxy.struck()
        });
    }
    let struck: usize = rounds.join_all().await.iter().sum();
    assert_eq!(struck, bytes + 1, "each round has its fault");
}

const CUT: fn(usize) -> Fault = |after| Fault::Cut { after };
const CUT_BODY: fn(usize) -> Fault = |after| Fault::CutBody { after };
const TRUNCATE: fn(usize) -> Fault = |after| Fault::Truncate { after };

#[tokio::test]
async fn of_a_replay() {
    at_every_byte(Form::Replayed, CUT).await;
    at_every_byte(Form::Replayed, CUT_BODY).await;
}

#[tokio::test]
async fn of_a_live_stream() {
    at_every_byte(Form::Live, CUT).await;
}

#[tokio::test]
async fn of_a_filtered_stream_with_an_ephemeral_event_between() {
    at_every_byte(Form::Filtered, CUT_BODY).await;
    at_every_byte(Form::Filtered, TRUNCATE).await;
}

#[tokio::test]
async fn of_two_channels_on_one_stream() {
    at_every_byte(Form::Merged, CUT_BODY).await;
}
