//! The server as a process of its own, and on which core each process runs.

use std::{
    env, fmt, fs,
    io::{self, BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use super::plan::Plan;

/// What tells this binary that it is a server.
pub(crate) const SERVE: &str = "--serve";

/// A core for the server and another for the load.
pub(crate) struct Cores {
    of_server: Option<String>,
    note: &'static str,
}

impl Cores {
    /// The same for a load of so many connections, or why it cannot be measured here.
    pub(crate) fn for_load(connections: u64) -> Option<Self> {
        if cpu().is_err() {
            println!("not measured: this system does not tell the processor time of a process");
            return None;
        }
        // Two ends of each connection are in two processes.
        let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(0);
        if files < connections + 64 {
            println!("not measured: {files} open files are allowed, and {connections} are needed");
            return None;
        }
        let cores = Self::separate();
        println!("{cores}");
        Some(cores)
    }

    /// Moves this process to the last core that it may use, and servers to the first.
    fn separate() -> Self {
        let together = |note| Self { of_server: None, note };
        let Some((first, last)) = allowed() else {
            return together("the cores are not known here: server and load run anywhere");
        };
        if first == last {
            return together("there is one core, which server and load share");
        }
        let pid = std::process::id().to_string();
        let moved = Command::new("taskset").args(["-c", "-p", &last, &pid]).output();
        if moved.is_ok_and(|moved| moved.status.success()) {
            let note = "the server has one core, and the load another";
            return Self { of_server: Some(first), note };
        }
        together("`taskset` is not there or failed: server and load run on any core")
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.note)
    }
}

/// The first and the last core that this process may use.
fn allowed() -> Option<(String, String)> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?.trim();
    let mut cores = list.split([',', '-']);
    let first = cores.next()?;
    Some((first.to_owned(), cores.next_back().unwrap_or(first).to_owned()))
}

/// A server process. It ends with this value, and by itself when its control connection does.
pub(crate) struct Server {
    child: Child,
    pub(crate) events: SocketAddr,
    pub(crate) control: SocketAddr,
}

impl Server {
    pub(crate) fn start(cores: &Cores, plan: &Plan) -> io::Result<Self> {
        let this = env::current_exe()?;
        let mut command = match &cores.of_server {
            None => Command::new(this),
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", core]).arg(this);
                command
            }
        };
        command.arg(SERVE).args(plan.args()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().expect("the output is piped");
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        // From here the child is ended whatever happens.
        let mut server = Self { child, events: nowhere, control: nowhere };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let mut addresses = line.split_whitespace().map(str::parse);
        let (Some(Ok(events)), Some(Ok(control))) = (addresses.next(), addresses.next()) else {
            return Err(io::Error::other("the server did not say where it listens"));
        };
        (server.events, server.control) = (events, control);
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time of this process so far, in nanoseconds.
pub(crate) fn cpu() -> io::Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let stat = fs::read_to_string(task?.path().join("schedstat"))?;
        let time = stat.split_whitespace().next().and_then(|time| time.parse::<u64>().ok());
        sum += time.ok_or_else(|| io::Error::other("no time in schedstat"))?;
    }
    Ok(sum)
}
