//! An example as a process of its own, which a test may kill.
//!
//! It is the test file itself, started anew with the one test `the_program`, which reads its
//! arguments from the environment: so it is never older than the test, and need not be found.

#![allow(dead_code, reason = "each test file uses a part")]

use std::{env, process::Stdio, time::Duration};

use clap::Parser;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Longer than anything here takes on a slow machine; nothing waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

const ARGUMENTS: &str = "ARGUMENTS_OF_THE_EXAMPLE";

/// Those of this process, if it was started to be the example.
pub(crate) fn arguments<A: Parser>() -> Option<A> {
    let arguments = env::var(ARGUMENTS).ok()?;
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    Some(A::parse_from(["example"].into_iter().chain(arguments.lines())))
}

/// The example, running. Killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    out: Lines<BufReader<ChildStdout>>,
    log: Lines<BufReader<ChildStderr>>,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with_log(arguments, "")
    }

    /// With a log that is to say so much, as `RUST_LOG` has it.
    pub(crate) fn start_with_log(arguments: &[&str], log: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "the_program", "--ignored", "--nocapture"])
            .env(ARGUMENTS, arguments.join("\n"))
            .env("RUST_LOG", log)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap()).lines();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, out, log }
    }

    /// The lines of its output up to one that has this, which is the last.
    pub(crate) async fn out_until(&mut self, part: &str) -> Vec<String> {
        until(&mut self.out, part).await
    }

    /// The same of its log.
    pub(crate) async fn log_until(&mut self, part: &str) -> Vec<String> {
        until(&mut self.log, part).await
    }

    /// Ends it as nobody can prepare for, and gives what it had still said.
    pub(crate) async fn kill(mut self) -> Vec<String> {
        self.child.kill().await.unwrap();
        self.rest().await
    }

    /// Asks it to end, sees that it does, and gives what it had still said.
    #[cfg(unix)]
    pub(crate) async fn terminate(self) -> Vec<String> {
        let kill = format!("kill -TERM {}", self.child.id().unwrap());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
        self.end(true).await
    }

    /// Waits until it has ended by itself, well or not, and gives what it had still said.
    pub(crate) async fn end(mut self, well: bool) -> Vec<String> {
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        assert_eq!(status.success(), well, "{status}");
        self.rest().await
    }

    async fn rest(&mut self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Some(line) = timeout(PATIENCE, self.out.next_line()).await.unwrap().unwrap() {
            rest.push(line);
        }
        rest
    }
}

async fn until<R: AsyncRead + Unpin>(lines: &mut Lines<BufReader<R>>, part: &str) -> Vec<String> {
    let mut read = Vec::new();
    while !read.last().is_some_and(|line: &String| line.contains(part)) {
        let line = timeout(PATIENCE, lines.next_line()).await;
        let Ok(Ok(Some(line))) = line else { panic!("no `{part}`: {read:?}, {line:?}") };
        read.push(line);
    }
    read
}
