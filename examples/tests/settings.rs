//! What the demo is told by its flags and its file.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

mod program;

use std::{env, fs, path::PathBuf, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use self::program::{Answer, Demo, PATIENCE, command, last_id, lefts};

#[tokio::test]
async fn the_last_events_are_kept_exactly_and_what_is_gone_is_counted() {
    for history in [0, 1, 3, 10] {
        let demo = Demo::start_with(&["--history", &history.to_string()]).await;
        let mut stream = demo.get("/events/inventory", "").await;
        let first = last_id(&stream.read_until("sse.open").await);
        demo.publish(1..=10).await;
        // Whoever listens misses nothing, however few are kept.
        let seen = stream.read_until("\"left\":10}\n\n").await;
        assert_eq!(lefts(&seen), (1..=10).collect::<Vec<_>>(), "--history {history}");
        drop(stream);

        let back = format!("Last-Event-ID: {first}\r\n");
        let mut stream = demo.get("/events/inventory", &back).await;
        let open = stream.read_until("request_id").await;
        let (resume, missed) = if history < 10 { ("gap", 10 - history) } else { ("exact", 0) };
        let told = format!("{{\"resume\":\"{resume}\",\"missed\":{missed},");
        assert!(open.contains(&told), "--history {history}: {open}");
        demo.publish(11..=11).await;
        let seen = stream.read_until("\"left\":11}\n\n").await;
        assert_eq!(lefts(&seen), (missed + 1..=11).collect::<Vec<_>>(), "--history {history}");
    }
}

#[tokio::test]
async fn a_history_is_kept_whatever_its_size() {
    let demo = Demo::start_with(&["--history", "100"]).await;
    let mut stream = demo.get("/events/inventory", "").await;
    let first = last_id(&stream.read_until("sse.open").await);
    drop(stream);
    // 6 MB, more than a channel keeps by default.
    let sku = "x".repeat(60_000);
    for left in 1..=101 {
        demo.publish_stock(&sku, left).await;
    }
    let back = format!("Last-Event-ID: {first}\r\n");
    let told = demo.get("/events/inventory", &back).await.read_until("\"left\":101}\n\n").await;
    assert!(told.contains("\"resume\":\"gap\",\"missed\":1,"));
    assert_eq!(lefts(&told), (2..=101).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_lingers_leaves_later() {
    let demo = Demo::start_with(&["--linger", "1s"]).await;
    let mut stream = demo.get("/events/inventory", "").await;
    stream.read_until("sse.open").await;
    let begin = std::time::Instant::now();
    demo.publish(1..=1).await;
    stream.read_until("\"left\":1}").await;
    demo.publish(2..=3).await;
    stream.read_until("\"left\":3}").await;
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_bad_value_is_one_line() {
    for (argument, part) in [
        ("--linger=5", "write a number and its unit, such as `5ms` or `1s`"),
        ("--linger=", "write a number and its unit"),
        ("--linger=ms", "write a number and its unit"),
        ("--linger=-1ms", "write a number and its unit"),
        ("--linger=5 lightyears", "write a number and its unit"),
        ("--linger=18446744073709551615s 1000ms", "write a number and its unit"),
        ("--linger=1.5s", "events would wait for more than 1s"),
        ("--linger=5h", "events would wait for more than 1s"),
        ("--linger=99999999999999999999s", "write a number and its unit"),
        ("--linger=1001ms", "events would wait for more than 1s"),
        ("--max-streams=0", "write 1 or more"),
        ("--max-streams=all", "invalid digit"),
        ("--max-age=0s", "`max_age` is 0s: write 1s to 1year"),
        ("--max-age=soon", "write a number and its unit"),
        ("--drain=2days", "`drain` is 2days: write 0s to 1day"),
        ("--history=-1", "invalid digit"),
        ("--history=many", "invalid digit"),
    ] {
        let output = command("127.0.0.1:0").arg(argument).stderr(Stdio::piped()).output();
        let output = timeout(PATIENCE, output).await.unwrap().unwrap();
        assert_eq!(output.status.code(), Some(2), "{argument}");
        let told = String::from_utf8(output.stderr).unwrap();
        // The line, and where help is.
        let lines: Vec<&str> = told.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 2, "{told}");
        let (flag, value) = argument.split_once('=').unwrap();
        assert!(lines[0].contains(&format!("invalid value '{value}' for '{flag} <")), "{told}");
        assert!(lines[0].contains(part), "{told}");
    }
    for good in ["0ms", "5ms", "5 ms", "0.5s", "1s"] {
        Demo::start_with(&["--linger", good]).await;
    }
}

#[tokio::test]
async fn flags_go_over_the_file_and_the_file_over_the_defaults() {
    let file =
        File::new("[serve]\nmax_streams = 1\nheartbeat = \"7s\"\n[inventory]\nhistory = 2\n");
    for (flags, streams, history) in
        [(vec![], 1, 2), (vec!["--max-streams", "2", "--history", "4"], 2, 4)]
    {
        let demo = Demo::start_with(&[&["--config", file.path()], &flags[..]].concat()).await;
        let mut open = Vec::new();
        for _ in 0..streams {
            let mut stream = demo.get("/events/inventory", "").await;
            let told = stream.read_until("request_id").await;
            assert!(told.contains("\"heartbeat_ms\":7000"), "{told}");
            open.push((stream, last_id(&told)));
        }
        refused(demo.get("/events/inventory", "Connection: close\r\n").await).await;

        let (stream, id) = open.pop().unwrap();
        drop((stream, open));
        demo.publish(1..=10).await;
        let back = format!("Last-Event-ID: {id}\r\n");
        // Its place is free once the server has seen that the reader is gone.
        let told = loop {
            let mut stream = demo.get("/events/inventory", &back).await;
            let told = stream.read_until("\r\n\r\n").await;
            if told.starts_with("HTTP/1.1 200 ") {
                break stream.read_until("\"left\":10}").await;
            }
        };
        assert!(
            told.contains(&format!("\"resume\":\"gap\",\"missed\":{}", 10 - history)),
            "{told}"
        );
    }
}

async fn refused(mut answer: Answer) {
    let told = answer.read_to_end().await;
    assert!(told.starts_with("HTTP/1.1 503 ") && told.contains("retry-after: "), "{told}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_says_nothing_of_the_drain_leaves_it_short() {
    // 10 s is the default of the library, and 1.5 s that of the demo.
    let file = File::new("[serve]\nretry = \"1s\"\n");
    let demo = Demo::start_with(&["--config", file.path()]).await;
    let hanging =
        demo.send(b"POST /complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n").await;
    demo.get("/", "Connection: close\r\n").await.read_to_end().await;
    demo.terminate().await;
    drop(hanging);
}

#[tokio::test]
async fn all_that_is_wrong_with_a_file_is_one_line() {
    for (text, parts) in [
        (
            "[serve]\nheartbeat = \"60s\"\nallowed_origins = [\"*\"]\n[inventory]\nlinger = \"2s\"\n",
            &[
                ", [serve]: `heartbeat` is 1m: ",
                "`allowed_origins`: `*`",
                "; [inventory]: `linger` is 2s",
            ][..],
        ),
        (
            "\n[serve]\nmax_stream = 7\n",
            &[", line 3, `max_stream = 7`: unknown field `max_stream`"],
        ),
        (
            "[server]\n",
            &[", line 1, `[server]`: unknown field `server`, expected `serve` or `inventory`"],
        ),
        ("[serve]\nmax_streams = \"many\"\n", &["line 2, `max_streams = \"many\"`: invalid type"]),
        ("[serve]\ndrain = \"5\"", &["line 2, `drain = \"5\"`: \"5\" lacks its unit"]),
        ("[serve\n", &["line 1, `[serve`: "]),
    ] {
        let file = File::new(text);
        let told = told_at_start(&["--config", file.path()]).await;
        let parts = [&[file.path()][..], parts].concat();
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    }
    let told = told_at_start(&["--config", "/nowhere/demo.toml"]).await;
    assert!(told.contains("/nowhere/demo.toml: "), "{told}");
}

/// The one line with which the demo does not start.
async fn told_at_start(arguments: &[&str]) -> String {
    let output = command("127.0.0.1:0").args(arguments).stderr(Stdio::piped()).output();
    let output = timeout(PATIENCE, output).await.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

#[cfg(unix)]
#[tokio::test]
async fn more_streams_than_files_are_capped_with_both_numbers() {
    let started = async |flag: &str| {
        let mut command = Command::new("sh");
        let demo = env!("CARGO_BIN_EXE_demo");
        let script = format!("ulimit -n 256; exec '{demo}' --listen 127.0.0.1:0 {flag}");
        command.args(["-c", &script]).env_remove("RUST_LOG").kill_on_drop(true);
        Demo::start_by(command).await
    };
    for (flag, streams) in [("", 20_000), ("--max-streams 157", 157)] {
        let (_demo, log) = started(flag).await;
        let told = format!("256 open files are too few for {streams} streams: there may be 156;");
        assert!(log.contains(&told), "{log}");
    }
    let (_demo, log) = started("--max-streams 156").await;
    assert!(!log.contains("open files"), "{log}");
}

#[tokio::test]
async fn a_stream_that_is_old_enough_is_sent_away() {
    let demo = Demo::start_with(&["--max-age", "1s"]).await;
    let begin = std::time::Instant::now();
    let told = demo.get("/events/inventory", "").await.read_to_end().await;
    assert!(
        told.contains("event: sse.bye\n") && told.contains("{\"reason\":\"rotated\"}"),
        "{told}"
    );
    assert!(begin.elapsed() >= Duration::from_millis(800), "{:?}", begin.elapsed());
}

#[cfg(unix)]
#[tokio::test]
async fn the_time_to_drain_is_that_of_the_flag_or_else_of_the_file() {
    let file = |drain: &str| File::new(&format!("[serve]\ndrain = \"{drain}\"\n"));
    let (short, long) = (file("100ms"), file("1m"));
    for arguments in [
        &["--drain", "100ms"][..],
        &["--config", short.path()],
        &["--config", long.path(), "--drain", "100ms"],
    ] {
        let demo = Demo::start_with(arguments).await;
        let hanging = demo
            .send(b"POST /complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
            .await;
        demo.get("/", "Connection: close\r\n").await.read_to_end().await;
        let begin = std::time::Instant::now();
        demo.terminate().await;
        assert!(begin.elapsed() < Duration::from_millis(1_400), "{arguments:?}");
        drop(hanging);
    }
}

/// A file of its own, gone with the test.
struct File(PathBuf);

impl File {
    fn new(text: &str) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("sse-demo-{}-{next}.toml", std::process::id());
        let path = env::temp_dir().join(name);
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.0);
    }
}
