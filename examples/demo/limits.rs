//! How many files may be open: each stream is one.

/// 20,000 streams, and some files for everything else.
#[cfg(unix)]
const WANTED: u64 = 20_100;

/// Raises the soft limit to the hard one: the usual 1,024 would be the end of everything
/// after a thousand streams.
#[cfg(unix)]
pub(crate) fn raise_open_files() {
    match raise() {
        Ok(limit) if limit >= WANTED => tracing::info!(limit, "open files"),
        Ok(limit) => tracing::warn!(
            limit,
            "fewer than {WANTED} open files are allowed, too few for 20,000 streams: \
             raise the hard limit (`ulimit -Hn`)"
        ),
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
}

#[cfg(unix)]
fn raise() -> std::io::Result<u64> {
    let limit = rlimit::increase_nofile_limit(u64::MAX)?;
    // Who may raise the hard limit too, mostly root in a container, need not be asked to.
    if limit < WANTED && rlimit::setrlimit(rlimit::Resource::NOFILE, WANTED, WANTED).is_ok() {
        return Ok(WANTED);
    }
    Ok(limit)
}

/// Sockets are not bound by a limit of files here.
#[cfg(not(unix))]
pub(crate) fn raise_open_files() {}
