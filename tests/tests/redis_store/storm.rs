//! Three processes behind one address, a hundred clients that are cut off again and again, and a
//! server that is killed twenty times under load: `tests/foreign/redis.sh storm`.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use sse_runtime::{
    ChannelConfig, ChannelName, EventId, Hub, Position, Resume, Subscription,
    client::{Client, ClientConfig, Item, StreamError},
    sse_handler,
    store::RedisStore,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{NumberEvent, Numbers, server::Server};

const KILLS: usize = 20;
const NODES: usize = 3;
const CLIENTS: usize = 100;
const PUBLISHERS: u64 = 12;
/// From this number on, a client has seen enough.
const LAST: u64 = 1_000_000_000;

#[sse_handler]
async fn stream(State(channel): State<Numbers>, resume: Resume) -> Subscription<NumberEvent> {
    channel.subscribe(resume)
}

async fn publish(
    State(channel): State<Numbers>,
    Path(number): Path<u64>,
) -> Result<String, (StatusCode, String)> {
    let event = NumberEvent::Named { id: EventId::from_u128(number.into()), number };
    match channel.publish(&event).await {
        Ok(published) => Ok(published.position.to_string()),
        Err(error) => Err((StatusCode::SERVICE_UNAVAILABLE, error.to_string())),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of those below"]
async fn node() {
    let Ok(address) = env::var("SSE_STORM_REDIS") else { return };
    let store = RedisStore::connect(&address).await.unwrap();
    let config =
        ChannelConfig::new().history(u64::MAX).history_bytes(u64::MAX).remembered_ids(10_000_000);
    let hub: Hub<NumberEvent> = Hub::with_store(config, store).unwrap();
    let channel = hub.get_or_create(&ChannelName::new("check", "storm").unwrap()).unwrap();
    let app = Router::new()
        .route("/events", get(stream))
        .route("/publish/{number}", post(publish))
        .with_state(channel);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nnode at {}", listener.local_addr().unwrap().port());
    axum::serve(listener, app).await.unwrap();
}

struct Node {
    child: Child,
    port: u16,
}

impl Node {
    fn start(redis: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "storm::node", "--ignored", "--nocapture"])
            .env("SSE_STORM_REDIS", redis)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| line.unwrap().strip_prefix("node at ")?.parse().ok());
        // What it says later is of no interest, but it must not stop for it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, port: port.unwrap() }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One address for all, which cuts every connection after a while.
async fn balance(ports: Vec<u16>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for turn in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            let node = ports[turn % ports.len()];
            tokio::spawn(async move {
                let Ok(mut node) = TcpStream::connect(("127.0.0.1", node)).await else { return };
                let life = Duration::from_millis(fastrand::u64(500..4_000));
                let both = tokio::io::copy_bidirectional(&mut client, &mut node);
                let _ = tokio::time::timeout(life, both).await;
            });
        }
    });
    port
}

async fn post_number(port: u16, number: u64) -> Option<Position> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = format!(
        "POST /publish/{number} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let is_ok = answer.starts_with("HTTP/1.1 200");
    is_ok.then(|| answer.rsplit("\r\n\r\n").next()?.trim().parse().ok())?
}

/// Publishes one number after the other until it is over; each until somebody takes it.
async fn publish_all(
    ports: Vec<u16>,
    from: u64,
    is_over: Arc<AtomicBool>,
) -> BTreeMap<u64, Position> {
    let (mut kept, mut number) = (BTreeMap::new(), from);
    while !is_over.load(Ordering::Relaxed) {
        for turn in number.. {
            let port = ports[usize::try_from(turn).unwrap() % ports.len()];
            if let Some(position) = post_number(port, number).await {
                kept.insert(number, position);
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        number += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    kept
}

#[derive(Debug, Clone, Copy)]
enum Seen {
    Event(Position, u64),
    Told,
}

/// Reads until the last number, and gives what was seen.
async fn read(url: String, is_open: Arc<AtomicU64>) -> Vec<Seen> {
    let config = ClientConfig::new()
        .first_delay(Duration::from_millis(50))
        .max_delay(Duration::from_secs(1))
        .unlimited_attempts();
    let client = Client::with_config(config).unwrap();
    let mut events = client.subscribe::<NumberEvent>(&url).unwrap();
    let (mut seen, mut was_open) = (Vec::new(), false);
    while let Some(item) = events.next().await {
        match item {
            Ok(Item::Event(received)) => {
                let (NumberEvent::Named { number, .. } | NumberEvent::Number(number)) =
                    received.event;
                seen.push(Seen::Event(received.position.unwrap(), number));
                if number >= LAST {
                    return seen;
                }
            }
            Ok(Item::Opened(opened)) => {
                if !was_open {
                    is_open.fetch_add(1, Ordering::Relaxed);
                }
                let is_fresh = matches!(opened.resumed, sse_runtime::Resumed::Fresh);
                assert!(!(was_open && is_fresh), "a client began anew without being told");
                was_open = true;
            }
            Ok(other) => panic!("{other:?}"),
            Err(StreamError::Gap(_) | StreamError::Reset(_)) => seen.push(Seen::Told),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the stream has ended");
}

struct Storm {
    kept: BTreeMap<u64, Position>,
    seen: Vec<Vec<Seen>>,
}

async fn storm(keeps: bool) -> Option<Storm> {
    let mut server = Server::start(keeps).await?;
    let nodes: Vec<Node> = (0..NODES).map(|_| Node::start(&server.address())).collect();
    let ports: Vec<u16> = nodes.iter().map(|node| node.port).collect();
    let url = format!("http://127.0.0.1:{}/events", balance(ports.clone()).await);
    let is_open = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(read(url.clone(), Arc::clone(&is_open)));
    }
    while is_open.load(Ordering::Relaxed) < CLIENTS as u64 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let mut publishers = JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let from = publisher * 10_000_000;
        publishers.spawn(publish_all(ports.clone(), from, Arc::clone(&is_over)));
    }
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(600)).await;
        if !keeps {
            server.tell(&["SAVE"]).await;
            tokio::time::sleep(Duration::from_millis(fastrand::u64(50..400))).await;
        }
        server.kill();
        tokio::time::sleep(Duration::from_millis(fastrand::u64(10..300))).await;
        server.run().await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    is_over.store(true, Ordering::Relaxed);
    let kept = publishers.join_all().await.into_iter().flatten().collect();
    let seen = Mutex::new(Vec::new());
    let begin = Instant::now();
    let finish = async {
        while let Some(client) = clients.join_next().await {
            seen.lock().unwrap().push(client.unwrap());
        }
    };
    let last = async {
        // One that is told a reset just then goes on behind it.
        for number in LAST.. {
            post_number(ports[0], number).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        () = finish => {}
        () = last => {}
        () = tokio::time::sleep(Duration::from_secs(60)) => {
            panic!("{} of {CLIENTS} clients have all", seen.lock().unwrap().len());
        }
    }
    println!("all clients have all {:?} after the last event", begin.elapsed());
    Some(Storm { kept, seen: seen.into_inner().unwrap() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute"]
async fn nothing_is_lost_repeated_or_untold_where_everything_is_written() {
    let Some(Storm { kept, seen }) = storm(true).await else { return };
    let events: usize = seen.iter().map(Vec::len).sum();
    for client in &seen {
        let mut numbers = BTreeMap::new();
        for (at, seen) in (1..).zip(client) {
            let Seen::Event(position, number) = *seen else { panic!("told, and nothing is lost") };
            assert_eq!(position.seq(), at, "lost or repeated");
            assert!(numbers.insert(number, position).is_none(), "{number} twice");
        }
        for (number, position) in &kept {
            assert_eq!(numbers.get(number), Some(position), "{number} is lost");
        }
    }
    println!(
        "{KILLS} kills, {} acknowledged, {events} events at {CLIENTS} clients: all there",
        kept.len()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute"]
async fn whoever_is_affected_is_told_where_the_end_is_lost() {
    let Some(Storm { kept, seen }) = storm(false).await else { return };
    let events: usize = seen.iter().map(Vec::len).sum();
    let (mut contents, mut before) = (BTreeMap::new(), BTreeMap::new());
    let mut told = 0;
    for client in &seen {
        let mut last: Option<Position> = None;
        let mut numbers = BTreeSet::new();
        for seen in client {
            let Seen::Event(position, number) = *seen else {
                (last, told) = (None, told + 1);
                numbers.clear();
                continue;
            };
            let id = position.to_string();
            assert_eq!(
                *contents.entry(id.clone()).or_insert(number),
                number,
                "{id} has two contents"
            );
            assert!(numbers.insert(number), "{number} came twice, untold");
            if let Some(last) = last {
                assert_eq!(position.seq(), last.seq() + 1, "{id} follows {last}, untold");
                // Everybody who saw both was on the same past.
                let known = *before.entry(id.clone()).or_insert(last);
                assert_eq!(known, last, "{id} follows two, and somebody was not told");
            }
            last = Some(position);
        }
    }
    // What is there in the end, from the last event back to the first.
    let mut at = before.keys().max_by_key(|id| seq(id)).cloned();
    let mut there = BTreeSet::new();
    while let Some(id) = at {
        at = before.get(&id).map(Position::to_string);
        there.insert(id);
    }
    assert!(there.iter().any(|id| seq(id) < 10), "nobody knows how it began");
    // Whoever saw what was lost is told before anything else.
    let mut affected = 0;
    for client in &seen {
        let mut was_lost = false;
        for seen in client {
            let is_there = matches!(seen, Seen::Event(at, _) if there.contains(&at.to_string()));
            assert!(!(was_lost && is_there), "somebody was not told");
            affected += usize::from(was_lost && matches!(seen, Seen::Told));
            was_lost = matches!(seen, Seen::Event(..)) && !is_there;
        }
    }
    println!(
        "{KILLS} kills, {} acknowledged, {} events lost of {}, {events} events at {CLIENTS} clients, \
         of whom some saw what was lost {affected} times, and were told {told} times",
        kept.len(),
        contents.len() - there.len(),
        contents.len()
    );
    assert!(affected >= CLIENTS, "hardly anybody saw what was lost");
}

fn seq(id: &str) -> u64 {
    id.parse::<Position>().unwrap().seq()
}
