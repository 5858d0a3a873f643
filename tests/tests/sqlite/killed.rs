//! A server that is killed while it publishes.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sse_runtime::{Position, Resume, store::SqliteStore};

use futures_util::StreamExt as _;

use super::{Folder, Number, numbers};

const PATH: &str = "SSE_STORE_TO_KILL";
const KILLS: u32 = 100;

/// Publishes to a file until it is killed, and says what was acknowledged. It is a test because
/// a test binary is what there is to start; by itself it does nothing.
#[tokio::test]
async fn publishes_until_it_is_killed() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let store = SqliteStore::open(path).unwrap();
    let channel = numbers(&store);
    channel.ready().await.unwrap();
    let publishers = (0..16).map(|_| {
        let channel = channel.clone();
        tokio::spawn(async move {
            loop {
                let number = fastrand::u32(..);
                let position = channel.publish(&Number(number)).await.unwrap().position;
                println!("acknowledged {position} {number}");
            }
        })
    });
    futures_util::future::join_all(publishers).await;
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

fn start(folder: &Folder) -> Killed {
    let me = std::env::current_exe().unwrap();
    Command::new(me)
        .args(["--exact", "killed::publishes_until_it_is_killed", "--nocapture"])
        .env(PATH, folder.file())
        .stdout(Stdio::piped())
        .spawn()
        .map(Killed)
        .unwrap()
}

/// Lets a process publish some events, kills it, and gives what it said was acknowledged.
fn kill(folder: &Folder, events: usize) -> Vec<(Position, u32)> {
    let mut child = start(folder);
    let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    let mut is_killed = false;
    while let Some(Ok(line)) = lines.next() {
        let Some((_, said)) = line.split_once("acknowledged ") else { continue };
        let Some((position, number)) = said.split_once(' ') else { continue };
        // The last line may be cut.
        if let (Ok(position), Ok(number)) = (position.parse(), number.parse()) {
            acknowledged.push((position, number));
        }
        if acknowledged.len() >= events && !is_killed {
            is_killed = true;
            child.0.kill().unwrap();
        }
    }
    acknowledged
}

#[test]
fn a_process_that_is_killed_while_it_makes_the_file_leaves_one_that_opens() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..KILLS {
        let folder = Folder::new();
        let mut child = start(&folder);
        while !folder.file().exists() {
            assert!(child.0.try_wait().unwrap().is_none(), "it has ended by itself");
            std::thread::yield_now();
        }
        // Somewhere in the few syncs that it takes.
        std::thread::sleep(Duration::from_micros(random.u64(..8_000)));
        drop(child);
        SqliteStore::open(folder.file()).unwrap();
    }
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_and_no_number_is_given_twice() {
    let folder = Folder::new();
    let mut acknowledged: Vec<(Position, u32)> = Vec::new();
    for round in 0..KILLS {
        let events = 20 + usize::try_from(round).unwrap() * 7 % 60;
        let more = kill(&folder, events);
        assert!(more.len() >= events, "{}", more.len());
        acknowledged.extend(more);
    }
    acknowledged.sort_by_key(|(position, _)| position.seq());
    let twice = acknowledged.windows(2).find(|pair| pair[0].0.seq() == pair[1].0.seq());
    assert_eq!(twice, None);

    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    channel.ready().await.unwrap();
    assert!(acknowledged.iter().all(|(position, _)| position.is_same_log(&channel.position())));
    let head = channel.position().seq();
    let mut events = channel.subscribe(Resume::fresh().from_oldest()).events();
    let mut expected = acknowledged.iter().peekable();
    for seq in 1..=head {
        let received = events.next().await.unwrap().unwrap();
        let position = received.position.unwrap();
        assert_eq!(position.seq(), seq);
        if let Some((_, number)) = expected.next_if(|(known, _)| known.seq() == seq) {
            assert_eq!(*received.event, Number(*number));
        }
    }
    assert_eq!(expected.next(), None, "acknowledged, and not there");
    // Each reader goes on exactly where it was, however often the server was killed since.
    for (position, _) in acknowledged.iter().step_by(50) {
        let mut events = channel.subscribe(*position).events();
        if position.seq() < head {
            let next = events.next().await.unwrap().unwrap();
            assert_eq!(next.position.unwrap().seq(), position.seq() + 1);
        }
    }
}
