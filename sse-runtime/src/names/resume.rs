//! What became of the position that a reader came back with.

super::words! {
    /// How a (re)connect was answered: said by `sse.open`.
    ///
    /// ```
    /// assert_eq!(sse_runtime::ResumeOutcome::Fresh.as_str(), "fresh");
    /// ```
    ResumeOutcome {
        /// The reader brought no position.
        Fresh = "fresh",
        /// The stream goes on right after the reader's position.
        Exact = "exact",
        /// Some events after the reader's position are gone; their number is told.
        Gap = "gap",
        /// The position means nothing here; why is told.
        Reset = "reset",
    }
}

super::words! {
    /// Why a position was refused: the `reason` beside the outcome `reset`.
    ///
    /// ```
    /// assert_eq!(sse_runtime::ResetReason::NoLog.as_str(), "no_log");
    /// ```
    ResetReason {
        /// It belongs to another incarnation of the log, or to another log.
        Epoch = "epoch",
        /// It lies after the newest event.
        Ahead = "ahead",
        /// The number was used again for another event after a loss.
        Diverged = "diverged",
        /// It cannot be read.
        Invalid = "invalid",
        /// The stream keeps no log, so no position means anything to it.
        NoLog = "no_log",
    }
}
