//! Further labels of metrics: phases, outcomes, and why nothing came of a request.

super::words! {
    /// The steps of publishing: the label `phase` of its duration.
    ///
    /// ```
    /// use sse_runtime::names::PublishPhase;
    /// assert_eq!(PublishPhase::Append.as_str(), "append");
    /// ```
    PublishPhase {
        /// From the event to its frame.
        Encode = "encode",
        /// From there into the log, the readers woken.
        Append = "append",
        /// Of that, until a store has made it safe.
        Sync = "sync",
    }
}

super::words! {
    /// The steps of a delivery: the label `phase` of its duration.
    ///
    /// ```
    /// use sse_runtime::names::DeliveryPhase;
    /// assert_eq!(DeliveryPhase::Fanout.as_str(), "fanout");
    /// ```
    DeliveryPhase {
        /// From the append to the connection.
        Fanout = "fanout",
        /// From there to the socket.
        Write = "write",
    }
}

super::words! {
    /// The steps of an event on its way through a client: the label `phase` of its duration.
    ///
    /// ```
    /// use sse_runtime::names::ClientPhase;
    /// assert_eq!(ClientPhase::Fetch.as_str(), "fetch");
    /// ```
    ClientPhase {
        /// A connection is made, TLS included.
        Connect = "connect",
        /// From the request to the head of the response.
        Fetch = "fetch",
        /// From the bytes to the event.
        Decode = "decode",
        /// From the event to the next question for one: what the program does with it.
        Process = "process",
    }
}

super::words! {
    /// Where a log is kept: the label `backend`.
    ///
    /// ```
    /// use sse_runtime::names::Backend;
    /// assert_eq!(Backend::Memory.as_str(), "memory");
    /// ```
    Backend {
        /// In this process.
        Memory = "memory",
        /// In a file of SQLite.
        Sqlite = "sqlite",
        /// In a server of Redis, or of one that speaks its language.
        Redis = "redis",
        /// In a store that is not one of this crate.
        Other = "other",
    }
}

super::words! {
    /// What became of an event that was to be published.
    ///
    /// ```
    /// use sse_runtime::names::PublishOutcome;
    /// assert_eq!(PublishOutcome::Stored.as_str(), "stored");
    /// ```
    PublishOutcome {
        /// It has a number now, or was shown to whoever listens if it is ephemeral.
        Stored = "stored",
        /// The same id had been published with the same content: nothing happened.
        Duplicate = "duplicate",
        /// The channel does not take it: it is too large, its id is taken, the channel has ended.
        Refused = "refused",
        /// It could not be encoded.
        Error = "error",
    }
}

super::words! {
    /// What a client received.
    ///
    /// ```
    /// use sse_runtime::names::ClientOutcome;
    /// assert_eq!(ClientOutcome::Oversized.as_str(), "oversized");
    /// ```
    ClientOutcome {
        /// An event.
        Event = "event",
        /// An event whose name is not known here.
        Unknown = "unknown",
        /// An event that cannot be read.
        Malformed = "malformed",
        /// An event that was dropped because of its size.
        Oversized = "oversized",
        /// An event of another source, or of none.
        Source = "source",
        /// An event that came again after a resume, and was dropped by its position.
        Repeat = "repeat",
    }
}

super::words! {
    /// Why a request got no stream.
    ///
    /// ```
    /// use sse_runtime::names::Rejection;
    /// assert_eq!(Rejection::LimitAddress.as_str(), "limit_address");
    /// ```
    Rejection {
        /// There are as many streams as there may be.
        LimitAll = "limit_all",
        /// There are as many from its address as there may be.
        LimitAddress = "limit_address",
        /// There are as many of its principal as there may be.
        LimitPrincipal = "limit_principal",
        /// The server goes away.
        Drain = "drain",
        /// What allowed it has run out.
        Expired = "expired",
        /// It may no longer listen.
        Revoked = "revoked",
        /// Whoever would know whether it may listen did not say so.
        Unknown = "unknown",
        /// The store that knows where it stands does not answer.
        Store = "store",
    }
}
