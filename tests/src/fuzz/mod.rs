//! What a fuzzer drives: plain functions over bytes that panic where something is wrong.
//!
//! `tests/fuzz` hands them to cargo-fuzz; the test `fuzz_corpus` drives them over the committed
//! corpus and mutations of it, on stable.

pub mod client;
pub mod decoder;
pub mod ids;

/// A target, with the folder of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 4] = [
    ("client_machine", client::machine),
    ("decoder", decoder::run),
    ("ids", ids::run),
    ("retry_header", client::retry_header),
];
