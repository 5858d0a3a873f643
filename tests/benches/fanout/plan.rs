//! What one run of a server is asked to do, and how a server process is told.

/// How many listen.
pub(crate) const SUBSCRIBERS: u64 = 1_000;
/// How many events are on their way at once where the publisher goes as fast as it can. An
/// event is on its way until every subscriber has it.
pub(crate) const WINDOW: u64 = 64;
/// How many events a second, where it does not.
pub(crate) const RATE: u64 = 40;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) side: Side,
    pub(crate) pace: Pace,
    pub(crate) sight: Sight,
    /// How many read.
    pub(crate) good: u64,
    /// How many connect and never read.
    pub(crate) stuck: u64,
    /// Not measured.
    pub(crate) warmup: u64,
    pub(crate) events: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Reference,
    /// A channel with this linger, in milliseconds.
    Ours(By, u64),
}

/// What serves a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Axum,
    Serve,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    Window,
    Rate,
}

/// Who looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    Nobody,
    /// The recorder for Prometheus.
    Recorder,
    /// The same, and stop watches of the benchmark's own beside it.
    Watches,
}

impl Plan {
    pub(crate) const fn full(side: Side) -> Self {
        let (pace, sight) = (Pace::Window, Sight::Nobody);
        Self { side, pace, sight, good: SUBSCRIBERS, stuck: 0, warmup: 640, events: 3_200 }
    }

    pub(crate) const fn paced(side: Side) -> Self {
        let (pace, sight) = (Pace::Rate, Sight::Nobody);
        Self { side, pace, sight, good: SUBSCRIBERS, stuck: 0, warmup: RATE, events: 3 * RATE }
    }

    /// What [`Plan::of_args`] reads.
    pub(crate) fn args(&self) -> Vec<String> {
        let (side, linger) = match self.side {
            Side::Reference => ("reference", 0),
            Side::Ours(By::Axum, linger) => ("axum", linger),
            Side::Ours(By::Serve, linger) => ("serve", linger),
        };
        let sight = match self.sight {
            Sight::Nobody => 0,
            Sight::Recorder => 1,
            Sight::Watches => 2,
        };
        let Self { pace, good, stuck, warmup, events, .. } = *self;
        let numbers = [linger, u64::from(pace == Pace::Rate), sight, good, stuck, warmup, events];
        let mut args = vec![side.to_owned()];
        args.extend(numbers.map(|number| number.to_string()));
        args
    }

    pub(crate) fn of_args(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let side = args.next()?;
        let mut next = || args.next()?.parse::<u64>().ok();
        let linger = next()?;
        let side = match side.as_str() {
            "reference" => Side::Reference,
            "axum" => Side::Ours(By::Axum, linger),
            _ => Side::Ours(By::Serve, linger),
        };
        let pace = if next()? == 0 { Pace::Window } else { Pace::Rate };
        let sight = match next()? {
            0 => Sight::Nobody,
            1 => Sight::Recorder,
            _ => Sight::Watches,
        };
        let [good, stuck, warmup, events] = [next()?, next()?, next()?, next()?];
        Some(Self { side, pace, sight, good, stuck, warmup, events })
    }
}
