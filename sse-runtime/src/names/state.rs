//! Where a stream stands, at either end.

super::words! {
    /// Where the stream of a client stands: the label `state` of its gauge.
    ///
    /// ```
    /// use sse_runtime::names::ClientState;
    /// assert_eq!(ClientState::Reconnecting.as_str(), "reconnecting");
    /// ```
    ClientState {
        /// No answer has been accepted yet. The waits between the first attempts count as well.
        Connecting = "connecting",
        /// An answer has been accepted, and its events are read.
        Up = "up",
        /// It was up, and is waiting or connecting to be so again.
        Reconnecting = "reconnecting",
        /// Over, by a failure that somebody should hear of.
        Failed = "failed",
        /// Over, as it should be: all has been said, or the program closed it.
        Closed = "closed",
    }
}

super::words! {
    /// Where the stream of a server stands: the label `state` of its gauge.
    ///
    /// ```
    /// use sse_runtime::names::ServerState;
    /// assert_eq!(ServerState::CatchingUp.as_str(), "catching_up");
    /// ```
    ServerState {
        /// Its handler runs, and nothing has been sent yet.
        Connecting = "connecting",
        /// The reader came back, and gets what it missed.
        Replaying = "replaying",
        /// The reader has everything.
        Live = "live",
        /// The reader fell behind what is kept, was told so, and gets the rest.
        CatchingUp = "catching_up",
        /// It has been told that the server goes away.
        Draining = "draining",
    }
}
