//! How the demo serves and keeps: its flags over its file over its defaults.

use std::{error::Error, fmt, fs, path::Path, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use sse_runtime::{
    ChannelConfig,
    serve::{ServeConfig, raise_open_files},
};

use crate::arguments::Arguments;

/// How many streams there may be at once, unless something else is said.
const STREAMS: usize = 20_000;
/// How long clients may take to close their connections, unless something else is said.
/// Whoever stops a process mostly kills it soon after.
const DRAIN: Duration = Duration::from_millis(1_500);
/// Files for everything that is no stream.
const SPARE: u64 = 100;
/// As much of a line of the file as a message can bear, in characters.
const SHOWN: usize = 60;

/// How the demo serves and keeps.
#[derive(Debug)]
pub(crate) struct Settings {
    serve: ServeConfig,
    streams: usize,
    pub(crate) inventory: ChannelConfig,
}

/// What may stand in the file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    serve: ServeConfig,
    inventory: ChannelConfig,
}

/// What has another default here than in the library. A configuration that was read does not
/// tell what was left out, so the file is asked for these once more.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Own {
    serve: OwnServe,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OwnServe {
    max_streams: Option<usize>,
    drain: Option<String>,
}

impl Settings {
    pub(crate) fn new(arguments: &Arguments) -> Result<Self, BadFile> {
        let (File { serve, inventory }, own) = match &arguments.config {
            Some(path) => read_file(path)?,
            None => Default::default(),
        };
        let streams = arguments.max_streams.or(own.max_streams).unwrap_or(STREAMS);
        let mut serve = serve.max_streams(streams);
        if let Some(age) = arguments.max_age {
            serve = serve.max_age(age);
        }
        match (arguments.drain, own.drain) {
            (Some(drain), _) => serve = serve.drain(drain),
            (None, None) => serve = serve.drain(DRAIN),
            (None, Some(_)) => {}
        }
        Ok(Self { serve, streams, inventory: arguments.inventory(inventory) })
    }

    /// How it serves, with as many streams as this process may have files. To be asked when
    /// there is nothing else left that could be wrong: it may have a warning to say.
    pub(crate) fn serve(self) -> ServeConfig {
        let Some(files) = raise_open_files() else { return self.serve };
        let room = usize::try_from(files.saturating_sub(SPARE)).unwrap_or(usize::MAX).max(1);
        let streams = self.streams;
        if streams <= room {
            return self.serve;
        }
        tracing::warn!(
            files,
            streams = room,
            "{files} open files are too few for {streams} streams: there may be {room}; raise \
             the hard limit (`ulimit -Hn`) for more"
        );
        self.serve.max_streams(room)
    }
}

/// What is wrong with the file of `--config`, in one line.
#[derive(Debug)]
pub(crate) struct BadFile(String);

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for BadFile {}

fn read_file(path: &Path) -> Result<(File, OwnServe), BadFile> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|error| BadFile(format!("{name}: {error}")))?;
    let fault = |told| BadFile(format!("{name}, {told}"));
    let file: File = parse(&text).map_err(fault)?;
    let own: Own = parse(&text).map_err(fault)?;

    // Flags were checked one by one: what is wrong now was written in the file.
    let serve = file.serve.check().err().map(|faults| format!("[serve]: {faults}"));
    let inventory = file.inventory.check().err().map(|faults| format!("[inventory]: {faults}"));
    let faults: Vec<String> = [serve, inventory].into_iter().flatten().collect();
    if faults.is_empty() { Ok((file, own.serve)) } else { Err(fault(faults.join("; "))) }
}

/// Reads a file, or says which line of it is wrong, and how.
fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let number = text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        let line: String =
            text.lines().nth(number).unwrap_or_default().trim().chars().take(SHOWN).collect();
        let told = error.message().replace('\n', ", ");
        format!("line {}, `{line}`: {told}", number + 1)
    })
}
