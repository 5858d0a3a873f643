//! From the events of a channel to those that one listener is shown.

use super::{parts::Part, view::Sight};
use crate::{
    log::{Place, Seen},
    position::Position,
};

/// What became of the events of one look.
pub(super) struct Sifted {
    pub(super) shown: Vec<Seen>,
    /// The last numbered one that was looked at.
    pub(super) newest: Option<Position>,
    /// Whether one of them is lost, and none was shown before it.
    pub(super) lost: bool,
    /// Whether the end of the channel was one that is not shown.
    pub(super) hid_end: bool,
}

/// Shows events, up to an end or to one that is lost: what comes after a loss is looked at
/// again, once the reader was told.
pub(super) fn sift(part: &mut Part, events: Vec<Seen>, before: Place) -> Sifted {
    let mut sifted = Sifted { shown: Vec::new(), newest: None, lost: false, hid_end: false };
    let mut stands = before;
    part.stand_at(before);
    for seen in events {
        let (after, position) = (seen.after, seen.position);
        let was_end = seen.head.info().is_terminal();
        match part.show(seen) {
            Sight::Shown(seen) => {
                let is_end = seen.head.info().is_terminal();
                sifted.shown.push(seen);
                if is_end {
                    part.finish(after);
                    sifted.newest = position.or(sifted.newest);
                    return sifted;
                }
            }
            Sight::Hidden => sifted.hid_end |= was_end,
            // Nobody counts on an ephemeral one.
            Sight::Lost if position.is_none() => {}
            Sight::Lost => {
                sifted.lost = sifted.shown.is_empty();
                part.stand_at(if sifted.lost { after } else { stands });
                return sifted;
            }
        }
        (stands, sifted.newest) = (after, position.or(sifted.newest));
    }
    part.stand_at(stands);
    sifted
}
