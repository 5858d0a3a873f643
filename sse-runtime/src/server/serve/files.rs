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

/// Raises the limit, and says so where it is still too low for so many streams. How many
/// connections leave the rest of the process the files that it needs.
pub(super) fn make_room(streams: usize) -> Option<usize> {
    let wanted = u64::try_from(streams).unwrap_or(u64::MAX).saturating_add(SPARE);
    let limit = raise_open_files()?;
    if limit < wanted {
        tracing::warn!(
            limit,
            streams,
            "{limit} open files are allowed, too few for `max_streams` = {streams}: raise the \
             hard limit (`ulimit -Hn`, `LimitNOFILE=`), or lower `max_streams`"
        );
    }
    let room = limit.saturating_sub(SPARE).max(1);
    Some(usize::try_from(room).unwrap_or(usize::MAX))
}
