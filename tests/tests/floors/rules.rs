//! The rules, each a function from files to what breaks it.

use super::source::{Path, Source};

/// How long a file may be.
const LONGEST: usize = 400;

/// A folder of `sse-runtime/src`.
struct Floor {
    folder: &'static str,
    number: usize,
    /// What it must not know, as the begin of a path.
    foreign: &'static [&'static str],
}

const HTTP: &[&str] = &["axum", "http", "http_body", "http_body_util", "hyper", "reqwest"];

const FLOORS: [Floor; 11] = [
    Floor {
        folder: "names",
        number: 0,
        foreign: &[
            "axum",
            "bytes",
            "http",
            "memchr",
            "metrics",
            "reqwest",
            "serde",
            "serde_json",
            "std::time",
            "tokio",
            "tracing",
        ],
    },
    Floor {
        folder: "wire",
        number: 0,
        foreign: &[
            "axum",
            "core::time",
            "http",
            "http_body",
            "hyper",
            "reqwest",
            "serde",
            "serde_json",
            "std::time",
            "tokio",
            "Instant",
            "SystemTime",
        ],
    },
    Floor {
        folder: "event",
        number: 1,
        foreign: &[
            "axum",
            "http",
            "http_body",
            "hyper",
            "reqwest",
            "std::fs",
            "std::io",
            "std::net",
            "tokio",
        ],
    },
    Floor { folder: "position", number: 1, foreign: HTTP },
    Floor { folder: "settings", number: 1, foreign: &["http", "tokio", "reqwest", "axum"] },
    Floor { folder: "log", number: 2, foreign: HTTP },
    Floor { folder: "channel", number: 3, foreign: HTTP },
    Floor { folder: "server", number: 4, foreign: &["reqwest"] },
    Floor { folder: "client", number: 4, foreign: &["axum"] },
    Floor { folder: "observe", number: 5, foreign: &[] },
    Floor { folder: "testing", number: 5, foreign: &[] },
];

/// A floor uses only the floors below it, and knows nothing of what is not its business.
///
/// Files at the top of the folder are glue above the floors. What they re-export has its
/// true address in a folder, and floors go by that address.
pub(crate) fn floors(source: &Source) -> Vec<String> {
    let Some(folder) = source.folder() else { return Vec::new() };
    let Some(floor) = FLOORS.iter().find(|floor| floor.folder == folder) else {
        return vec![format!("{}: `{folder}` is no floor: add it to the list", source.path)];
    };
    let scan = source.scan();
    let wrong = scan.paths.iter().filter_map(|path| {
        let why = stranger(floor, path).or_else(|| climbs(floor, path))?;
        Some(format!("{}:{}: {why}", source.path, path.line))
    });
    wrong.collect()
}

fn stranger(floor: &Floor, path: &Path) -> Option<String> {
    let known = floor.foreign.iter().find(|foreign| {
        let segments: Vec<&str> = foreign.split("::").collect();
        path.starts_with(&segments)
    })?;
    Some(format!("`{}` must not know `{known}`", floor.folder))
}

fn climbs(floor: &Floor, path: &Path) -> Option<String> {
    if path.segments.first().is_none_or(|first| first != "crate") {
        return None;
    }
    let Some(target) = path.segments.get(1) else {
        return Some("a floor names the root of the crate".to_owned());
    };
    // The vocabulary lies below everything, the other folder of the lowest floor included:
    // it uses nothing itself, and so nothing can come back.
    if target == floor.folder || target == "names" {
        return None;
    }
    match FLOORS.iter().find(|other| other.folder == target) {
        Some(other) if other.number < floor.number => None,
        Some(_) => Some(format!("`{}` must not use `{target}`", floor.folder)),
        None => Some(format!(
            "`{}` uses `crate::{target}`, which is glue above the floors: say in which folder it lives",
            floor.folder
        )),
    }
}

/// Nothing panics by design.
pub(crate) fn no_panic(source: &Source) -> Vec<String> {
    let panics = source.scan().panics;
    let lines = panics.iter().map(|panic| {
        format!(
            "{}:{}: {} (return an error, or allow the lint with a reason)",
            source.path, panic.line, panic.what
        )
    });
    lines.collect()
}

/// Names that have no place in these crates, with what is wrong about them.
const UNWANTED: [(&str, &str); 5] = [
    ("unsafe", "unsafe code"),
    ("from_utf8_lossy", "changes what was sent without a word"),
    ("unbounded_channel", "grows without bound"),
    ("UnboundedSender", "grows without bound"),
    ("unbounded", "grows without bound"),
];

pub(crate) fn nothing_unwanted(source: &Source) -> Vec<String> {
    let paths = source.scan().paths;
    let wrong = paths.iter().flat_map(|path| {
        UNWANTED
            .iter()
            .filter(|(name, _)| path.segments.iter().any(|s| s == name))
            .map(|(name, why)| format!("{}:{}: `{name}`: {why}", source.path, path.line))
    });
    wrong.collect()
}

pub(crate) fn short_enough(source: &Source) -> Vec<String> {
    if source.lines() <= LONGEST {
        return Vec::new();
    }
    vec![format!("{}: {} lines, at most {LONGEST}: cut it", source.path, source.lines())]
}
