//! What the derive costs in `cargo check`: `cargo bench -p sse-tests --bench derive_check`.
//!
//! Three crates hold the same enum of 200 struct variants: without a derive, with
//! `SseEvent`, and with serde's two derives. All three depend on the same crates and load
//! them, so that they differ in the derive alone. Each is checked in turns with its
//! dependencies built, as after a change: the whole crate, nothing kept from before.

mod harness;

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use harness::{median, verdict};

const VARIANTS: usize = 200;
const ROUNDS: usize = 9;

/// Each has four fields. Types of the standard library, so that no derive of a payload is
/// measured.
const FIELDS: [&str; 5] = [
    "sku: String, left: u32, price: f64, note: Option<String>",
    "order: u64, items: Vec<u32>, paid: bool, customer: String",
    "host: String, load: f32, cores: Vec<f32>, uptime: u64",
    "from: i64, to: Option<i64>, by: String, urgent: bool",
    "place: (u32, u32), label: String, tags: Vec<String>, weight: u16",
];

struct Case {
    name: &'static str,
    attributes: &'static str,
}

const CASES: [Case; 3] = [
    Case { name: "case-plain", attributes: "" },
    Case { name: "case-sse", attributes: "#[derive(SseEvent)]\n#[sse(source = \"bench\")]\n" },
    Case { name: "case-serde", attributes: "#[derive(Serialize, Deserialize)]\n" },
];

fn main() -> io::Result<()> {
    let workspace = Workspace::make()?;
    for case in &CASES {
        workspace.check(case)?; // builds what it depends on
    }
    let mut times = CASES.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (case, times) in CASES.iter().zip(&mut times) {
            workspace.touch(case)?;
            times.push(workspace.check(case)?);
        }
    }
    let [plain, sse, serde] = times.map(median);
    println!("`cargo check` of an enum of {VARIANTS} struct variants, {}:", Clock::NAME);
    println!("  without a derive        {:.0} ms", plain * 1e3);
    println!("  SseEvent                {:.0} ms, costs {:.0} ms", sse * 1e3, (sse - plain) * 1e3);
    println!(
        "  Serialize, Deserialize  {:.0} ms, cost {:.0} ms",
        serde * 1e3,
        (serde - plain) * 1e3
    );
    let ratio = (sse - plain) / (serde - plain);
    verdict("SseEvent / Serialize and Deserialize", ratio, "<= 0.60", ratio <= 0.6);
    Ok(())
}

/// A workspace of its own in a temporary folder, with the lock file of this one.
struct Workspace {
    root: PathBuf,
}

impl Workspace {
    fn make() -> io::Result<Self> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = std::env::temp_dir().join(format!("sse-derive-check-{}", std::process::id()));
        let this = Self { root };
        let members = CASES.map(|case| format!("\"{}\"", case.name)).join(", ");
        let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n");
        fs::create_dir_all(&this.root)?;
        fs::write(this.root.join("Cargo.toml"), manifest)?;
        fs::copy(tests.join("../Cargo.lock"), this.root.join("Cargo.lock"))?;
        for case in &CASES {
            let package = this.root.join(case.name);
            fs::create_dir_all(package.join("src"))?;
            fs::write(
                package.join("Cargo.toml"),
                manifest_of(case, &tests.join("../sse-runtime")),
            )?;
            this.touch(case)?;
        }
        Ok(this)
    }

    /// Writes the source again, and so it is newer than what was made from it.
    fn touch(&self, case: &Case) -> io::Result<()> {
        fs::write(self.root.join(case.name).join("src/lib.rs"), source(case))
    }

    /// Seconds that one `cargo check` takes.
    fn check(&self, case: &Case) -> io::Result<f64> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let clock = Clock::start();
        let status = Command::new(cargo)
            .args(["check", "--quiet", "--offline", "--package", case.name])
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            .stdin(Stdio::null())
            .status()?;
        let took = clock.elapsed();
        if !status.success() {
            return Err(io::Error::other(format!("`cargo check` of `{}` failed", case.name)));
        }
        Ok(took)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn manifest_of(case: &Case, runtime: &Path) -> String {
    format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
         sse-runtime = {{ path = {:?}, default-features = false }}\n",
        case.name,
        runtime.display().to_string(),
    )
}

fn source(case: &Case) -> String {
    let mut source = String::from(
        "#![allow(unused_imports)]\n\
         use serde::{Deserialize, Serialize};\nuse sse_runtime::SseEvent;\n\n",
    );
    source.push_str(case.attributes);
    source.push_str("pub enum Event {\n");
    for (at, fields) in FIELDS.iter().cycle().take(VARIANTS).enumerate() {
        let _ = writeln!(source, "    SomethingHappened{at} {{ {fields} }},");
    }
    source + "}\n"
}

/// The processor time of children where the system tells it without foreign code, which
/// other work on the machine disturbs little; the time that passes elsewhere.
struct Clock {
    start: Instant,
    children: Option<f64>,
}

impl Clock {
    const NAME: &'static str =
        if cfg!(target_os = "linux") { "processor time" } else { "time that passes" };

    fn start() -> Self {
        Self { start: Instant::now(), children: children() }
    }

    fn elapsed(&self) -> f64 {
        match (self.children, children()) {
            (Some(before), Some(after)) => after - before,
            _ => self.start.elapsed().as_secs_f64(),
        }
    }
}

/// Seconds that the children that have ended took, with their own children.
fn children() -> Option<f64> {
    // Ticks of 10 ms on every Linux there is.
    const TICK: f64 = 0.01;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // `cutime` and `cstime`, fields 16 and 17 of proc(5); `rest` begins with the third.
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((ticks(16)? + ticks(17)?) * TICK)
}
