//! What is published in the chaos.

use sse_runtime::{Channel, EventId, SseEvent};
use sse_tests::checker::Value;

pub(crate) type Chaos = Channel<ChaosEvent>;

/// More than any of them has, but for those that are to be refused.
pub(crate) const LARGEST: usize = 1_024;

#[derive(Debug, Clone, PartialEq, Eq, SseEvent)]
#[sse(source = "chaos")]
pub(crate) enum ChaosEvent {
    Said {
        publisher: u32,
        number: u32,
        padding: String,
    },
    /// May be published again.
    Signed {
        #[sse(id)]
        id: EventId,
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

    /// With an id of its own, or that of another event of the publisher.
    pub(crate) fn signed(publisher: u32, number: u32, signs: u32) -> Self {
        let id = EventId::from_u128(u128::from(publisher) << 32 | u128::from(signs));
        Self::Signed { id, publisher, number, padding: padding(number) }
    }

    pub(crate) fn too_large(publisher: u32, number: u32) -> Self {
        Self::Said { publisher, number, padding: too_much() }
    }

    /// None of what comes to whoever is there, and is not kept.
    pub(crate) fn value(&self) -> Option<Value> {
        match self {
            Self::Said { publisher, number, .. } | Self::Signed { publisher, number, .. } => {
                Some((*publisher, *number))
            }
            Self::Whispered(_) => None,
        }
    }

    /// Whether it is what somebody tried to publish, to the last byte.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Said { number, padding, .. } | Self::Signed { number, padding, .. } => {
                *padding == self::padding(*number) || *padding == too_much()
            }
            Self::Whispered(_) => true,
        }
    }
}

fn too_much() -> String {
    "x".repeat(LARGEST)
}

fn padding(number: u32) -> String {
    "漢字\u{1f44d}".repeat((number % 7) as usize)
}
