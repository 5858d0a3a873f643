//! The demo with its stock in a file: killed, started anew, and with a file that is damaged, in use
//! or away.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

mod origin;
mod program;
#[path = "store/readers.rs"]
mod readers;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;
use sse_runtime::store::SqliteStore;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use self::{
    origin::Port,
    program::{Demo, command, last_id, lefts},
    readers::{Progress, Told, listen_as_a_client, listen_plainly},
};

/// Longer than anything here takes on a slow machine; nothing waits for it.
const PATIENCE: Duration = Duration::from_secs(60);
const KILLS: usize = 20;
const PUBLISHERS: usize = 3;
const PLAIN_READERS: usize = 4;
const CLIENTS: usize = 2;

/// A folder of this test alone, with the file in it.
struct Folder(PathBuf);

impl Folder {
    fn of(test: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("store-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("inventory.db")
    }

    /// What follows `--store`.
    fn place(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = fs::remove_dir_all(&self.0);
    }
}

async fn start(address: &str, folder: &Folder) -> Demo {
    let mut start = command(address);
    start.args(["--store", &folder.place(), "--history", "1000000"]);
    // A line for each stream would fill the pipe that nobody reads.
    start.env("RUST_LOG", "demo=info,error");
    Demo::start_by(start).await.0
}

/// What became of an event that was to be published.
#[derive(Debug, PartialEq)]
enum Outcome {
    Acknowledged,
    /// The answer never came: it may be stored.
    Unknown,
    /// Nobody was there to take it.
    NotSent,
}

async fn post(address: &str, sku: &str, left: u32) -> Outcome {
    let Ok(mut socket) = TcpStream::connect(address).await else { return Outcome::NotSent };
    let event = json!({"type": "stock_changed", "sku": sku, "left": left}).to_string();
    let length = event.len();
    let request = format!(
        "POST /events/inventory HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{event}"
    );
    let mut answer = String::new();
    let asking = async {
        socket.write_all(request.as_bytes()).await?;
        socket.read_to_string(&mut answer).await
    };
    let _cut = timeout(PATIENCE, asking).await.unwrap();
    match answer.split_whitespace().nth(1) {
        Some("204") => Outcome::Acknowledged,
        Some(_) => panic!("{answer}"),
        None => Outcome::Unknown,
    }
}

/// Publishes until it is told to stop. It has no ids of its own, and so never tries an event
/// again that may be stored. Gives the numbers that were acknowledged, and how many there were.
async fn publish(address: String, sku: String, stop: Arc<AtomicBool>) -> (Vec<u32>, u32) {
    let (mut acknowledged, mut left) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        match post(&address, &sku, left + 1).await {
            Outcome::Acknowledged => acknowledged.push(left + 1),
            Outcome::Unknown => {}
            Outcome::NotSent => {
                sleep(Duration::from_millis(5)).await;
                continue;
            }
        }
        left += 1;
        // Leaves some of the machine to the others.
        sleep(Duration::from_millis(2)).await;
    }
    (acknowledged, left)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_every_acknowledged_event_is_seen_once_and_in_order_by_everybody() {
    let folder = Folder::of("killed");
    let port = Port::any().await;
    let address = port.address().to_string();
    let mut demo = start(&address, &folder).await;

    let (mut plain, mut clients, mut listening) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PLAIN_READERS {
        let progress = Arc::new(Progress::default());
        listening.push(tokio::spawn(listen_plainly(address.clone(), Arc::clone(&progress))));
        plain.push(progress);
    }
    for _ in 0..CLIENTS {
        let progress = Arc::new(Progress::default());
        listening.push(tokio::spawn(listen_as_a_client(address.clone(), Arc::clone(&progress))));
        clients.push(progress);
    }
    for reader in plain.iter().chain(&clients) {
        reader.until_opened(1).await;
    }

    let stop = Arc::new(AtomicBool::new(false));
    let publishers: Vec<_> = (0..PUBLISHERS)
        .map(|number| publish(address.clone(), format!("P-{number}"), Arc::clone(&stop)))
        .map(tokio::spawn)
        .collect();
    for round in 0..KILLS {
        // In the middle of publishing, after everybody has read something of this life.
        for reader in &plain {
            reader.until_more(5 + round * 7 % 40).await;
        }
        let before: Vec<_> = plain.iter().chain(&clients).map(|reader| reader.opened()).collect();
        demo.kill().await;
        demo = start(&address, &folder).await;
        for (at, reader) in plain.iter().chain(&clients).enumerate() {
            // A client waits for as long as it was told to, and need not see each life.
            if at < plain.len() || round % 5 == 4 {
                reader.until_opened(before[at] + 1).await;
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut published = BTreeMap::new();
    for (number, publisher) in publishers.into_iter().enumerate() {
        published.insert(format!("P-{number}"), publisher.await.unwrap());
    }
    assert_eq!(post(&address, readers::END, 0).await, Outcome::Acknowledged);

    let mut all: Vec<Told> = Vec::new();
    for listening in listening {
        all.push(timeout(PATIENCE, listening).await.unwrap().unwrap());
    }
    for (at, told) in all.iter().enumerate() {
        assert!(told.outcomes.len() > if at < PLAIN_READERS { KILLS } else { KILLS / 5 });
        assert_eq!(told.outcomes[0], "fresh");
        let others = told.outcomes[1..].iter().find(|outcome| *outcome != "exact");
        assert_eq!(others, None, "reader {at}: {:?}", told.outcomes);
        check(told, &published);
        assert!(told.events == all[0].events, "reader {at} has seen another log than the first");
    }
    drop(demo);
}

/// Each position once and none left out, each acknowledged event once and in order, and nothing that
/// nobody has published.
fn check(told: &Told, published: &BTreeMap<String, (Vec<u32>, u32)>) {
    let first = &told.events[0].0;
    for (place, (position, ..)) in told.events.iter().enumerate() {
        assert_eq!(position.seq(), place as u64 + 1);
        assert!(position.is_same_log(first));
    }
    for (sku, (acknowledged, attempted)) in published {
        let seen = told.events.iter().filter(|(_, of, _)| of == sku);
        let seen: Vec<u32> = seen.map(|(.., left)| *left).collect();
        assert!(!acknowledged.is_empty() && seen.is_sorted_by(|one, next| one < next), "{seen:?}");
        assert!(seen.last().is_none_or(|last| last <= attempted));
        let lost = acknowledged.iter().find(|left| seen.binary_search(left).is_err());
        assert_eq!(lost, None, "{sku}: acknowledged, and not seen");
    }
    let known = |sku: &str| sku == readers::END || published.contains_key(sku);
    assert!(told.events.iter().all(|(_, sku, _)| known(sku)));
}

/// What the demo says where it does not start, which is one line.
async fn refusal(folder: &Folder) -> String {
    let mut start = command("127.0.0.1:0");
    start.args(["--store", &folder.place()]).stdout(Stdio::null()).stderr(Stdio::piped());
    let ended = timeout(PATIENCE, start.output()).await.unwrap().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

#[tokio::test]
async fn a_file_in_use_is_one_line() {
    let folder = Folder::of("in-use");
    let demo = start("127.0.0.1:0", &folder).await;
    let told = refusal(&folder).await;
    let path = folder.file();
    let line =
        format!("another process uses the store ({}): only one may write to it", path.display());
    assert!(told.contains(&line), "{told}");
    // The first has not noticed.
    demo.publish(1..=1).await;
    demo.kill().await;
    start("127.0.0.1:0", &folder).await.publish(2..=2).await;
}

#[tokio::test]
async fn a_damaged_file_is_one_line_and_left_alone() {
    let folder = Folder::of("damaged");
    drop(SqliteStore::open(folder.file()).unwrap());
    let whole = fs::read(folder.file()).unwrap();
    let mut damaged = whole.clone();
    damaged[100..].fill(0xa5);
    let text = b"of somebody else, and the only copy that there is of it".to_vec();
    for bytes in [damaged, text] {
        fs::write(folder.file(), &bytes).unwrap();
        let told = refusal(&folder).await;
        assert!(told.contains("the store is damaged ("), "{told}");
        assert!(told.contains("restore it, or move it away to begin anew"), "{told}");
        assert!(fs::read(folder.file()).unwrap() == bytes, "the file was changed");
    }
    fs::write(folder.file(), whole).unwrap();
    start("127.0.0.1:0", &folder).await.publish(1..=1).await;
}

#[tokio::test]
async fn a_place_that_is_not_there_is_one_line() {
    let folder = Folder::of("nowhere");
    fs::remove_dir_all(&folder.0).unwrap();
    let told = refusal(&folder).await;
    assert!(told.contains("cannot be opened") && told.contains("inventory.db"), "{told}");
}

// Elsewhere a file that is open cannot be moved.
#[cfg(unix)]
#[tokio::test]
async fn while_the_file_is_away_streams_stay_and_publishing_is_503() {
    let folder = Folder::of("away");
    let demo = start("127.0.0.1:0", &folder).await;
    let ask = async |path| demo.get(path, "Connection: close\r\n").await.read_to_end().await;
    let tell = async |event: serde_json::Value| {
        let event = event.to_string();
        let told = demo.post("/events/inventory", "application/json", event.as_bytes());
        told.await.read_to_end().await
    };
    let stock = |left| json!({"type": "stock_changed", "sku": "A-1", "left": left});
    let mut stream = demo.get("/events/inventory", "").await;
    let open = stream.read_until("request_id").await;
    demo.publish(1..=1).await;
    stream.read_until("\"left\":1}\n\n").await;
    assert!(ask("/readyz").await.starts_with("HTTP/1.1 200 "));
    assert!(ask("/metrics").await.contains("sse_store_up{backend=\"sqlite\"} 1\n"));

    let away = folder.0.join("away.db");
    fs::rename(folder.file(), &away).unwrap();
    for left in 2..=4 {
        let refused = tell(stock(left)).await;
        assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
        assert!(refused.contains("\r\nretry-after: "), "{refused}");
    }
    let told = ask("/readyz").await;
    assert!(told.starts_with("HTTP/1.1 503 ") && told.ends_with("store down\n"), "{told}");
    assert!(ask("/livez").await.starts_with("HTTP/1.1 200 "));
    assert!(ask("/metrics").await.contains("sse_store_up{backend=\"sqlite\"} 0\n"));

    // Who listens stays, as what is not stored shows. Who comes back is served from memory.
    let noon = tell(json!({"type": "notice", "text": "noon"})).await;
    assert!(noon.starts_with("HTTP/1.1 204 "), "{noon}");
    stream.read_until("{\"text\":\"noon\"}\n\n").await;
    let back = format!("Last-Event-ID: {}\r\n", last_id(&open));
    let mut back = demo.get("/events/inventory", &back).await;
    let told = back.read_until("\"left\":1}\n\n").await;
    assert!(told.contains("\"resume\":\"exact\""), "{told}");

    fs::rename(&away, folder.file()).unwrap();
    let ready = async {
        while !ask("/readyz").await.starts_with("HTTP/1.1 200 ") {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, ready).await.unwrap();
    demo.publish(5..=5).await;
    for stream in [&mut stream, &mut back] {
        let told = stream.read_until("\"left\":5}\n\n").await;
        assert_eq!(lefts(&told), [1, 5]);
        assert!(!told.contains("sse.bye") && told.matches("event: sse.open\n").count() == 1);
    }
    // And a restart finds what was acknowledged, and nothing else.
    demo.kill().await;
    let demo = start("127.0.0.1:0", &folder).await;
    let back = format!("Last-Event-ID: {}\r\n", last_id(&open));
    let mut stream = demo.get("/events/inventory", &back).await;
    assert_eq!(lefts(&stream.read_until("\"left\":5}\n\n").await), [1, 5]);
}
