//! A Redis server of a test's own.

use std::{
    env, fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use redis::{Value, aio::MultiplexedConnection};

/// Ended, and its folder removed, when it is dropped.
pub(crate) struct Server {
    program: String,
    folder: PathBuf,
    port: u16,
    keeps: bool,
    /// The folder of its certificate, if it speaks TLS alone.
    tls: Option<String>,
    child: Option<Child>,
}

impl Server {
    /// A new one, which keeps everything it acknowledges, or nothing. None where the environment
    /// does not say which program that is.
    pub(crate) async fn start(keeps: bool) -> Option<Self> {
        Self::start_with(keeps, None).await
    }

    /// One that speaks TLS, with a certificate for `localhost` that the script has made.
    pub(crate) async fn start_tls() -> Option<Self> {
        let folder = env::var("SSE_REDIS_CERTIFICATE").ok();
        if folder.is_none() {
            println!("no Redis to test against: run tests/foreign/redis.sh");
        }
        Self::start_with(false, Some(folder?)).await
    }

    async fn start_with(keeps: bool, tls: Option<String>) -> Option<Self> {
        let Ok(program) = env::var("SSE_REDIS_SERVER") else {
            println!("no Redis to test against: run tests/foreign/redis.sh");
            return None;
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let folder = env::temp_dir().join(format!("sse-redis-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut server = Self { program, folder, port, keeps, tls, child: None };
        server.run().await;
        Some(server)
    }

    pub(crate) fn address(&self) -> String {
        match self.tls {
            None => format!("redis://127.0.0.1:{}", self.port),
            Some(_) => format!("rediss://localhost:{}", self.port),
        }
    }

    /// Starts the program again, on the same port and with the same files.
    pub(crate) async fn run(&mut self) {
        let keeps = if self.keeps { "yes" } else { "no" };
        let port = self.port.to_string();
        let mut command = Command::new(&self.program);
        match &self.tls {
            None => command.args(["--port", &port]),
            Some(folder) => command
                .args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"])
                .args(["--tls-cert-file", &format!("{folder}/certificate.pem")])
                .args(["--tls-key-file", &format!("{folder}/key.pem")])
                .args(["--tls-ca-cert-file", &format!("{folder}/certificate.pem")]),
        };
        let child = command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendfsync", "always"])
            .args(["--appendonly", keeps])
            .arg("--dir")
            .arg(&self.folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.program));
        self.child = Some(child);
        for _ in 0..500 {
            // The client of the tests has no cryptography until a store has: it is there, then.
            if self.tls.is_some() && std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            {
                return;
            }
            if self.tls.is_none()
                && let Ok(mut connection) = self.connect().await
                && redis::cmd("PING").exec_async(&mut connection).await.is_ok()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} does not start", self.program);
    }

    /// `kill -9`
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        redis::Client::open(self.address())?.get_multiplexed_async_connection().await
    }

    /// Tells it something over a connection of its own.
    pub(crate) async fn tell(&self, words: &[&str]) -> Value {
        let mut connection = self.connect().await.unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut connection).await.unwrap()
    }

    /// How often a command was called.
    pub(crate) async fn calls(&self, command: &str) -> u64 {
        let mut connection = self.connect().await.unwrap();
        let stats: String =
            redis::cmd("INFO").arg("commandstats").query_async(&mut connection).await.unwrap();
        let prefix = format!("cmdstat_{command}:calls=");
        let line = stats.lines().find_map(|line| line.strip_prefix(&prefix));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
