//! What may happen to a log, in any order.

#[derive(Debug, Clone)]
pub(super) enum Op {
    /// Some events, one right after the other.
    Publish {
        kind: Kind,
        length: usize,
        count: usize,
        random: u32,
    },
    /// The timer rings.
    Show,
    /// Time passes, in microseconds.
    Wait(u64),
    /// Somebody looks whether something is too old.
    Trim,
    Join {
        from: From,
        from_oldest: bool,
        shows: bool,
    },
    /// A reader is cut, wherever it is, and comes back with one of the positions that it saw.
    Cut {
        reader: usize,
        saw: usize,
        shows: bool,
    },
    Leave {
        reader: usize,
    },
    /// So many batches, or everything; whole ones, or event by event.
    Read {
        reader: usize,
        batches: usize,
        looks: bool,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Numbered,
    /// With an id of its own, and the hash of its content.
    Own(u8, u64),
    Ephemeral,
    Terminal,
}

/// What a reader comes with.
#[derive(Debug, Clone)]
pub(super) enum From {
    Nothing,
    Unreadable,
    /// The position of any earlier event, or that of the empty log.
    Position(usize),
    /// The same between positions of other logs.
    AmongOthers(usize),
    WrongTag(usize),
    OtherLog(usize),
    /// So far behind the newest.
    Ahead(u64),
}
