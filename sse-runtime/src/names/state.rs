//! Where the stream of a client stands.

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
