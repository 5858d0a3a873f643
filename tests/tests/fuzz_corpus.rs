//! The fuzz targets on stable: over the committed corpus, and over mutations of it that are the
//! same in each run. `tests/fuzz` drives them without end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::{fs, panic, path::Path};

use sse_tests::{fuzz::TARGETS, random::Random};

/// How many mutations of each file are tried.
const MUTATIONS: usize = 2_000;

#[test]
fn every_target_stands_its_corpus_and_what_is_made_of_it() {
    for (name, run) in TARGETS {
        let files = corpus(name);
        assert!(files.len() >= 10, "{name} has a corpus");
        let mut random = Random::new(1);
        for (file, bytes) in &files {
            run(bytes);
            for number in 0..MUTATIONS {
                let mutation = mutate(bytes, &files, &mut random);
                let outcome = panic::catch_unwind(|| run(&mutation));
                assert!(outcome.is_ok(), "{name}, {file}, mutation {number}: {mutation:?}");
            }
        }
    }
}

/// The files, in an order that no system changes.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
    let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut files: Vec<_> =
        files.map(|entry| (name(&entry), fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

/// A few changes of those that a fuzzer makes.
fn mutate(bytes: &[u8], others: &[(String, Vec<u8>)], random: &mut Random) -> Vec<u8> {
    const TELLING: &[u8] = b"\n\r: \0\xEF\xBB\xBF\xFFdi0";
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = at + random.below(bytes.len() - at + 1);
        match random.below(6) {
            0 => bytes.insert(at, random.of(TELLING)),
            1 => bytes.insert(at, random.below(256) as u8),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.extend_from_within(at..end),
            4 if at < bytes.len() => bytes[at] = random.of(TELLING),
            4 => bytes.truncate(at),
            _ => {
                let (_, other) = &others[random.below(others.len())];
                let from = random.below(other.len() + 1);
                bytes.splice(at..end, other[from..].iter().copied());
            }
        }
        // Doubling again and again would make a few inputs huge, and none of them better.
        bytes.truncate(4_096);
    }
    bytes
}
