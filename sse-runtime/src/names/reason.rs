//! Why a stream ended.

super::words! {
    /// Why a stream ended: said by `sse.bye`, by the line at the end of the log, and to
    /// whoever asked to be told.
    ///
    /// ```
    /// use sse_runtime::Reason;
    /// assert_eq!(Reason::Drain.to_string(), "drain");
    /// assert_eq!(Reason::from_word("drain"), Some(Reason::Drain));
    /// ```
    Reason {
        /// Everything that was to be said has been said.
        Complete = "complete",
        /// The handler failed or panicked.
        Error = "error",
        /// A finite stream ended without its terminal event.
        Truncated = "truncated",
        /// The server is shutting down; come back.
        Drain = "drain",
        /// The stream reached its greatest age; come back.
        Rotated = "rotated",
        /// The reader fell behind what is kept.
        Slow = "slow",
        /// Writing made no progress for too long.
        Stalled = "stalled",
        /// What allowed the reader to listen has run out.
        Expired = "expired",
        /// The reader may no longer listen.
        Revoked = "revoked",
        /// A limit was reached.
        Limit = "limit",
        /// The store behind the channel cannot serve.
        Store = "store",
        /// The client left.
        Client = "client",
    }
}
