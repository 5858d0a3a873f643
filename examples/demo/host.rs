//! The load of the machine that the demo runs on, each second.

use std::{
    collections::HashMap,
    io, thread,
    time::{Duration, Instant},
};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sse_runtime::{Channel, ChannelConfig, Resume, SseEvent, Subscription, sse_handler};
use sysinfo::{DiskRefreshKind, Disks, Networks, System};
use tokio::runtime::Handle;

use crate::app::App;

const SECOND: Duration = Duration::from_secs(1);

/// How many readings are kept: as many seconds as the chart of the page shows.
const KEPT: u64 = 120;

#[derive(Debug, SseEvent)]
#[sse(source = "host")]
pub(crate) enum HostEvent {
    Reading(Reading),
}

/// One look at the machine: load in percent, memory in bytes, the rest in bytes per second.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reading {
    cores: Vec<f32>,
    memory_used: u64,
    memory_total: u64,
    disk_read: u64,
    disk_written: u64,
    net_in: u64,
    net_out: u64,
}

#[sse_handler]
pub(crate) async fn host(State(app): State<App>, resume: Resume) -> Subscription<HostEvent> {
    app.host.subscribe(resume)
}

pub(crate) fn config() -> ChannelConfig {
    ChannelConfig::new().history(KEPT)
}

/// Starts the one thread that looks at the machine, however many listen. A thread, because
/// the operating system is asked by calls that block.
pub(crate) fn start_sampling(readings: Channel<HostEvent>, runtime: Handle) -> io::Result<()> {
    let sampler = match Sampler::new() {
        Ok(sampler) => sampler,
        Err(error) => {
            tracing::warn!("this machine tells nothing about itself, no readings: {error}");
            return Ok(());
        }
    };
    let thread = thread::Builder::new().name("host".to_owned());
    thread.spawn(move || sample(sampler, &readings, &runtime))?;
    Ok(())
}

fn sample(mut sampler: Sampler, readings: &Channel<HostEvent>, runtime: &Handle) {
    // Load and rates are differences. After a pause the last look is too old for one.
    let mut was_heard = false;
    loop {
        let is_heard = readings.listeners() > 0;
        if is_heard {
            let reading = sampler.look();
            // A reader that is slow holds nobody up: this waits for the log alone.
            if was_heard
                && let Err(error) = runtime.block_on(readings.publish(&HostEvent::Reading(reading)))
            {
                tracing::warn!("a reading was not published: {error}");
            }
        }
        was_heard = is_heard;
        thread::sleep(SECOND);
    }
}

/// What the last look saw, so that the next can tell the difference.
struct Sampler {
    system: System,
    disks: Disks,
    networks: Networks,
    looked: Instant,
}

impl Sampler {
    fn new() -> Result<Self, sysinfo::Error> {
        Ok(Self {
            system: System::new()?,
            disks: Disks::new()?,
            networks: Networks::new()?,
            looked: Instant::now(),
        })
    }

    fn look(&mut self) -> Reading {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        self.disks.refresh_specifics(true, DiskRefreshKind::nothing().with_io_usage());
        self.networks.refresh(true);
        let since = self.looked.elapsed().as_secs_f64();
        self.looked = Instant::now();
        let rate = |bytes: u64| (bytes as f64 / since) as u64;

        let (disk_read, disk_written) = self.disk_bytes();
        Reading {
            cores: self.system.cpus().iter().map(|core| core.usage()).collect(),
            memory_used: self.system.used_memory(),
            memory_total: self.system.total_memory(),
            disk_read: rate(disk_read),
            disk_written: rate(disk_written),
            net_in: rate(self.networks.values().map(|card| card.received()).sum()),
            net_out: rate(self.networks.values().map(|card| card.transmitted()).sum()),
        }
    }

    /// Bytes read and written since the last look. A disk that is mounted twice is listed
    /// twice, and counted once.
    fn disk_bytes(&self) -> (u64, u64) {
        let disks: HashMap<_, _> =
            self.disks.iter().map(|disk| (disk.name(), disk.usage())).collect();
        let read = disks.values().map(|usage| usage.read_bytes).sum();
        let written = disks.values().map(|usage| usage.written_bytes).sum();
        (read, written)
    }
}
