//! How many files may be open: each stream is one.

/// Files for everything that is no stream: what is listened on, logged to, looked up.
const SPARE: u64 = 100;

/// Raises the soft limit of open files of this process to the hard one, and says how many there
/// may be now; none where the system has no such limit.
///
/// The usual soft limit of 1,024 is the end of everything after a thousand streams.
/// [`serve`](crate::serve()) does it at its start; it is here for who wants to know before.
///
/// ```
/// if let Some(files) = sse_runtime::serve::raise_open_files() {
///     println!("at most {} streams", files.saturating_sub(100));
/// }
/// ```
pub fn raise_open_files() -> Option<u64> {
    #[cfg(unix)]
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => return Some(limit),
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
    None
}

/// Raises the limit, and says so where it is still too low for so many streams.
pub(super) fn make_room(streams: usize) {
    let wanted = u64::try_from(streams).unwrap_or(u64::MAX).saturating_add(SPARE);
    if let Some(limit) = raise_open_files()
        && limit < wanted
    {
        tracing::warn!(
            limit,
            streams,
            "{limit} open files are allowed, too few for `max_streams` = {streams}: raise the \
             hard limit (`ulimit -Hn`, `LimitNOFILE=`), or lower `max_streams`"
        );
    }
}
