//! How fast it is: `tests/foreign/redis.sh figures` prints it, as what users ship.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sse_runtime::Resume;

use super::{Number, next, numbers, server::Server};

const EVENTS: u64 = 40_000;

/// What has to be done for one event at least, and nothing beside it: a number, the log, the tail,
/// and that a retry is known.
const BARE: &str = "
if redis.call('GET', KEYS[4]) then return 0 end
redis.call('SET', KEYS[4], '1', 'EX', 120)
local s = redis.call('HINCRBY', KEYS[1], 's', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], s .. '-0', 'g', ARGV[2], 'd', ARGV[3])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', 1024, '*', 'g', ARGV[2], 'd', ARGV[3])
return s";

/// As tasks, as publishers are: one that blocks a thread waits for another one to wake it.
async fn rate<F: Future<Output = ()> + Send + 'static>(
    at_once: u64,
    publisher: impl Fn() -> F,
) -> f64 {
    let begin = Instant::now();
    let publishers: Vec<_> = (0..at_once).map(|_| tokio::spawn(publisher())).collect();
    for publisher in publishers {
        publisher.await.unwrap();
    }
    EVENTS as f64 / begin.elapsed().as_secs_f64()
}

async fn bare(server: &Server, at_once: u64) -> f64 {
    let client = redis::Client::open(server.address()).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let script = Arc::new(redis::Script::new(BARE));
    script.load_async(&mut connection.clone()).await.unwrap();
    let publisher = || {
        let (script, mut connection) = (Arc::clone(&script), connection.clone());
        async move {
            for _ in 0..EVENTS / at_once {
                let id = format!("{{b}}d{}", fastrand::u64(..));
                let mut call = script.key("{b}m");
                call.key("{b}s").key("{b}t").key(id).arg(1_000_000).arg(12_345_678);
                call.arg("event: number\nsource: numbers\ndata: 1234567\n\n");
                call.invoke_async::<u64>(&mut connection).await.unwrap();
            }
        }
    };
    rate(at_once, publisher).await
}

async fn stored(server: &Server, at_once: u64) -> f64 {
    let channel = numbers(server).await;
    channel.ready().await.unwrap();
    let publisher = || {
        let channel = channel.clone();
        async move {
            for number in 0..EVENTS / at_once {
                channel.publish(&Number(number)).await.unwrap();
            }
        }
    };
    rate(at_once, publisher).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "of interest in a release build alone"]
async fn it_publishes_as_fast_as_the_bare_script() {
    let mut shares = Vec::new();
    for keeps in [false, true] {
        for at_once in [1, 16, 128] {
            let Some(server) = Server::start(keeps).await else { return };
            let bare = bare(&server, at_once).await;
            let stored = stored(&server, at_once).await;
            let share = stored / bare * 100.0;
            println!(
                "append-only {keeps}, {at_once} at once: {stored:.0}/s, bare {bare:.0}/s, {share:.0} %"
            );
            // One publisher alone waits for the ways between tasks, which the bare script has not.
            if at_once > 1 {
                shares.push(share);
            }
        }
    }
    assert!(shares.iter().all(|share| *share >= 60.0), "{shares:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "of interest in a release build alone"]
async fn an_event_is_at_another_node_within_two_milliseconds() {
    let Some(server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    other.ready().await.unwrap();
    let mut events = other.subscribe(Resume::fresh()).events();
    let mut times = Vec::new();
    for number in 0..2_000 {
        let (event, begin) = (Number(number), Instant::now());
        let (published, received) = tokio::join!(one.publish(&event), next(&mut events));
        times.push(begin.elapsed());
        assert_eq!(received.unwrap().position.unwrap(), published.unwrap().position);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    times.sort();
    let (half, most) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("from publishing to a reader of another node: p50 {half:?}, p99 {most:?}");
    assert!(half < Duration::from_millis(2));
}
