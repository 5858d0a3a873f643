//! A frame as one reader gets it, where it cannot go out as it is kept.

use crate::{
    log::Seen,
    wire::{EventId, FrameBuffer, ID_TO_COME},
};

/// Which `id:` line a frame gets.
pub(super) enum Line {
    Nothing,
    /// The one that the log wrote.
    Own,
    Id(EventId),
}

/// Writes a frame: with another id, its source in front of its name, or without the field
/// that some readers complain about. Everything else is as the log has it.
pub(super) fn write(
    to: &mut FrameBuffer,
    id: &Line,
    seen: &Seen,
    qualify: bool,
    source_field: bool,
) {
    let has_id = !seen.is_mapped && seen.position.is_some();
    let (own, mut rest) = seen.frame.split_at(if has_id { ID_TO_COME.len() } else { 0 });
    match id {
        Line::Nothing => {}
        Line::Own => to.append_bytes(own),
        Line::Id(id) => to.id(id),
    }
    let source = seen.head.info().source();
    if let Some(source) = source.filter(|_| qualify && !seen.head.qualified())
        && let Some(name) = rest.strip_prefix(b"event: ")
    {
        to.append_bytes(b"event: ");
        to.append_bytes(source.as_bytes());
        to.append_bytes(b".");
        rest = name;
    }
    if !source_field && let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let (name, after) = rest.split_at(end + 1);
        to.append_bytes(name);
        rest = without_source(after);
    }
    to.append_bytes(rest);
}

/// The lines after the name, without that of the source.
fn without_source(lines: &[u8]) -> &[u8] {
    let end = lines.iter().position(|&byte| byte == b'\n');
    match end {
        Some(end) if lines.starts_with(b"source: ") => &lines[end + 1..],
        _ => lines,
    }
}
