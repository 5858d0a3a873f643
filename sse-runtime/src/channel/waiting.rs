//! What a reader waits for that only a store can say.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use super::{core::Core, leaf::Leaf, resume::Resume};
use crate::{log::store::StoreError, position::Position};

type Asking<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// What a reader of a stored log waits for, or reads.
pub(super) enum Waiting {
    /// Where the log stands: then the reader takes its place.
    Log(Resume, Asking<()>),
    /// Whether its position is one of this log.
    Check(Check, Asking<Arc<Leaf>>),
    /// Events that are no longer in memory.
    Page(Asking<Arc<Leaf>>),
    /// These, of which it has not taken all.
    Leaf(Arc<Leaf>),
}

/// A position that only the store can judge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Check {
    pub(super) position: Position,
    /// Where the reader goes if it is none of this log.
    pub(super) from_oldest: bool,
}

/// What the store has said.
pub(super) enum Answer {
    Log(Resume),
    Check(Check, Arc<Leaf>),
    Leaf(Arc<Leaf>),
}

impl Waiting {
    pub(super) fn log(core: &Arc<Core>, resume: Resume) -> Box<Self> {
        let core = Arc::clone(core);
        Box::new(Self::Log(resume, Box::pin(async move { core.open().await })))
    }

    pub(super) fn check(core: &Arc<Core>, check: Check) -> Box<Self> {
        let page = Arc::clone(core).page(check.position.seq());
        Box::new(Self::Check(check, Box::pin(page)))
    }

    pub(super) fn page(core: &Arc<Core>, next: u64) -> Box<Self> {
        Box::new(Self::Page(Box::pin(Arc::clone(core).page(next))))
    }

    /// Whether the reader has its place.
    pub(super) const fn is_ready(&self) -> bool {
        matches!(self, Self::Page(_) | Self::Leaf(_))
    }

    /// What the store says. After an error it is asked again when this is made anew.
    pub(super) fn poll(&mut self, waker: &Waker) -> Poll<Result<Answer, StoreError>> {
        let cx = &mut Context::from_waker(waker);
        Poll::Ready(Ok(match self {
            Self::Log(resume, asking) => {
                ready!(asking.as_mut().poll(cx))?;
                Answer::Log(resume.clone())
            }
            Self::Check(asked, asking) => Answer::Check(*asked, ready!(asking.as_mut().poll(cx))?),
            Self::Page(asking) => Answer::Leaf(ready!(asking.as_mut().poll(cx))?),
            Self::Leaf(leaf) => Answer::Leaf(Arc::clone(leaf)),
        }))
    }

    /// The same question again, after an error.
    pub(super) fn again(&self, core: &Arc<Core>, next: u64) -> Box<Self> {
        match self {
            Self::Log(resume, _) => Self::log(core, resume.clone()),
            Self::Check(asked, _) => Self::check(core, *asked),
            Self::Page(_) | Self::Leaf(_) => Self::page(core, next),
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Log(..) => "Log",
            Self::Check(..) => "Check",
            Self::Page(_) => "Page",
            Self::Leaf(_) => "Leaf",
        })
    }
}
