//! What a process holds, and what the kernel holds for its connections.

use std::{fs, io, process::Command};

/// The resident memory of this process, in bytes.
pub(crate) fn resident() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib = kib.and_then(|kib| kib.trim().parse::<u64>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::other("no resident memory"))
}

/// The memory that the kernel holds for each connection of this port, in bytes; for none where
/// `ss` is not there to say it.
pub(crate) fn kernel_memory(port: u16) -> Vec<f64> {
    let query = format!("sport = :{port}");
    let Ok(told) = Command::new("ss").args(["-tmnH", "state", "established", &query]).output()
    else {
        return Vec::new();
    };
    let text = String::from_utf8(told.stdout).unwrap_or_default();
    // `skmem:(r0,rb87380,t0,tb65536,f1536,w66560,o0,bl0,d0)`: what is received, ahead, and queued.
    let of = |socket: &str| -> Option<u64> {
        let (numbers, _) = socket.split_once(')')?;
        let parts = numbers.split(',').filter_map(|part| {
            let digits = part.trim_start_matches(['r', 'f', 'w']);
            part.starts_with(['r', 'f', 'w']).then(|| digits.parse::<u64>().ok()).flatten()
        });
        Some(parts.sum())
    };
    text.split("skmem:(").skip(1).filter_map(of).map(|bytes| bytes as f64).collect()
}
