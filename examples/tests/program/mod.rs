//! The demo as a program that runs: started on a free port, asked over plain sockets.

#![allow(dead_code, reason = "each test file uses a part")]

use std::{process::Stdio, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

/// Longer than anything here takes on a slow machine; nothing waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The numbers of the stock events, in the order in which they came.
pub(crate) fn lefts(stream: &str) -> Vec<u32> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: {\"sku\":"));
    data.map(|data| {
        let (_, left) = data.rsplit_once("\"left\":").unwrap();
        left.strip_suffix('}').unwrap().parse().unwrap()
    })
    .collect()
}

/// Where the reader of this stands.
pub(crate) fn last_id(stream: &str) -> String {
    let id = stream.lines().filter_map(|line| line.strip_prefix("id: ")).next_back();
    id.unwrap_or_default().to_owned()
}

/// The program, listening.
pub(crate) struct Demo {
    /// Killed when it is dropped.
    child: Child,
    pub(crate) address: String,
    log: Lines<BufReader<ChildStderr>>,
    out: ChildStdout,
}

pub(crate) fn command(address: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    command.args(["--listen", address]).env_remove("RUST_LOG").kill_on_drop(true);
    command
}

impl Demo {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        let mut command = command("127.0.0.1:0");
        command.args(arguments);
        Self::start_by(command).await.0
    }

    /// Started by this command, with what the log has said until it listened.
    pub(crate) async fn start_by(mut command: Command) -> (Self, String) {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let out = child.stdout.take().unwrap();
        let mut demo = Self { child, address: String::new(), log, out };
        let log = demo.log_until("listening on http://").await;
        demo.address = log.rsplit("http://").next().unwrap().to_owned();
        (demo, log)
    }

    /// The lines of the log up to one that has this, which is the last.
    pub(crate) async fn log_until(&mut self, part: &str) -> String {
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.contains(part)) {
            let line = timeout(PATIENCE, self.log.next_line()).await;
            let Ok(Ok(Some(line))) = line else { panic!("no `{part}` in the log: {lines:?}") };
            lines.push(line);
        }
        lines.join("\n")
    }

    pub(crate) async fn send(&self, request: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(&self.address).await.unwrap();
        // A body that is too large is refused while it is still being sent.
        let _refused = socket.write_all(request).await;
        Answer { socket, read: Vec::new() }
    }

    pub(crate) async fn get(&self, path: &str, headers: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        self.send(request.as_bytes()).await
    }

    pub(crate) async fn post(&self, path: &str, kind: &str, body: &[u8]) -> Answer {
        let kind =
            if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{kind}Content-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        );
        self.send(&[head.as_bytes(), body].concat()).await
    }

    /// Publishes a stock event with each of these numbers.
    pub(crate) async fn publish(&self, lefts: std::ops::RangeInclusive<u32>) {
        for left in lefts {
            self.publish_stock("A-1", left).await;
        }
    }

    pub(crate) async fn publish_stock(&self, sku: &str, left: u32) {
        let event = json!({"type": "stock_changed", "sku": sku, "left": left}).to_string();
        let mut answer = self.post("/events/inventory", "application/json", event.as_bytes()).await;
        let answer = answer.read_to_end().await;
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    }

    /// Ends the process as nobody can prepare for, and sees that it is gone.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks the process to end, sees that it does so in time, and gives what it reports.
    #[cfg(unix)]
    pub(crate) async fn terminate(mut self) -> String {
        let asked = std::time::Instant::now();
        let kill = format!("kill -TERM {}", self.child.id().unwrap());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(2), "gone after {:?}", asked.elapsed());
        assert!(status.success(), "{status}");
        let mut report = String::new();
        self.out.read_to_string(&mut report).await.unwrap();
        report
    }
}

/// A connection with what was read from it.
pub(crate) struct Answer {
    socket: TcpStream,
    read: Vec<u8>,
}

impl Answer {
    /// Everything so far, once this is in it.
    pub(crate) async fn read_until(&mut self, part: &str) -> String {
        loop {
            let text = String::from_utf8_lossy(&self.read).into_owned();
            if text.contains(part) {
                return text;
            }
            let read = timeout(PATIENCE, self.socket.read_buf(&mut self.read)).await;
            assert!(read.unwrap().unwrap() > 0, "the stream ended before `{part}`: {text}");
        }
    }

    pub(crate) async fn read_to_end(&mut self) -> String {
        let end = timeout(PATIENCE, self.socket.read_to_end(&mut self.read)).await.unwrap();
        // Reset, where a body was refused before it was sent to its end.
        assert!(end.is_ok() || !self.read.is_empty(), "{end:?}");
        String::from_utf8_lossy(&self.read).into_owned()
    }
}
