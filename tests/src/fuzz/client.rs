//! What of the client nobody outside sees: its state machine, and what it makes of the headers of a
//! refusal. The checks are where the private parts are, and say what is wrong.

use sse_runtime::__fuzz;

/// Bytes as a life of a stream: four for the request and the configuration, then pairs of
/// something that happens and a number for it.
///
/// # Panics
///
/// If the machine does what it never may: holds two connections, waits without a deadline, asks
/// again without a wait.
pub fn machine(bytes: &[u8]) {
    assert_eq!(__fuzz::client_machine(bytes), Ok(()));
}

/// Bytes as the headers of a refusal, one a line: `Retry-After`, `X-RateLimit-Remaining`,
/// `X-RateLimit-Reset`.
///
/// # Panics
///
/// If the client does not keep to what it is asked for, or keeps to more than it may.
pub fn retry_header(bytes: &[u8]) {
    assert_eq!(__fuzz::retry_header(bytes), Ok(()));
}
