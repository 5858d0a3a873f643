//! What is published in the chaos.

use sse_runtime::{Channel, SseEvent};
use sse_tests::checker::Value;

pub(crate) type Chaos = Channel<ChaosEvent>;

#[derive(Debug, Clone, PartialEq, Eq, SseEvent)]
#[sse(source = "chaos")]
pub(crate) enum ChaosEvent {
    Said {
        publisher: u32,
        number: u32,
        padding: String,
    },
    #[sse(ephemeral)]
    Whispered(u32),
}

impl ChaosEvent {
    pub(crate) fn said(publisher: u32, number: u32) -> Self {
        Self::Said { publisher, number, padding: padding(number) }
    }

    /// None of what comes to whoever is there, and is not kept.
    pub(crate) fn value(&self) -> Option<Value> {
        match self {
            Self::Said { publisher, number, .. } => Some((*publisher, *number)),
            Self::Whispered(_) => None,
        }
    }

    /// Whether it is what was published, to the last byte.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Said { number, padding, .. } => *padding == self::padding(*number),
            Self::Whispered(_) => true,
        }
    }
}

fn padding(number: u32) -> String {
    "漢字\u{1f44d}".repeat((number % 7) as usize)
}
