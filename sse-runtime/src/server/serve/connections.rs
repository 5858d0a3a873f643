//! The open connections of a server, and a word to each.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Waker},
};

use tokio::sync::Notify;

use super::super::link::{Link, Word};

/// Every open connection. One is here for as long as its [`Party`] lives.
#[derive(Default)]
pub(super) struct Connections {
    /// How often something was said to any of them.
    said: AtomicU64,
    open: Mutex<Open>,
    /// Told when the last one is gone.
    gone: Notify,
}

#[derive(Default)]
struct Open {
    next: u64,
    parties: HashMap<u64, Arc<Link>>,
}

impl Connections {
    pub(super) fn enter(self: &Arc<Self>, link: &Arc<Link>) -> Party {
        let mut open = self.lock();
        let key = open.next;
        open.next += 1;
        open.parties.insert(key, Arc::clone(link));
        drop(open);
        Party { connections: Arc::clone(self), key, link: Arc::clone(link), heard: UNKNOWN }
    }

    /// Says it to each connection, or only to those without a stream that has a grace; to how
    /// many that had not heard it before.
    pub(super) fn tell(&self, word: Word, spare_graced: bool) -> usize {
        let open = self.lock();
        let mut many = 0;
        let mut wakers: Vec<Waker> = Vec::new();
        for link in open.parties.values().filter(|link| !(spare_graced && link.has_grace())) {
            let (before, waker) = link.line.insist(word);
            many += usize::from(before != Some(word));
            wakers.extend(waker);
        }
        drop(open);
        // After the words have been said: who looks before it is woken hears them.
        self.said.fetch_add(1, Ordering::AcqRel);
        wakers.into_iter().for_each(Waker::wake);
        many
    }

    pub(super) fn count(&self) -> usize {
        self.lock().parties.len()
    }

    /// Waits until there are none.
    pub(super) async fn none(&self) {
        loop {
            let gone = self.gone.notified();
            if self.count() == 0 {
                return;
            }
            gone.await;
        }
    }

    /// Nothing is left half-done under this lock.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing is known.
const UNKNOWN: u64 = u64::MAX;

/// The place of one connection among those of its server, free again when it is dropped.
pub(super) struct Party {
    connections: Arc<Connections>,
    key: u64,
    link: Arc<Link>,
    /// How much of what was said is known; more than ever is, before the first look.
    heard: u64,
}

impl Party {
    /// What the connection was told. Only for the task that it lives in: its waker is known
    /// after the first look.
    pub(super) fn poll(&mut self, cx: &Context<'_>) -> Option<Word> {
        let said = self.connections.said.load(Ordering::Acquire);
        if self.heard == said {
            return None;
        }
        self.heard = said;
        self.link.line.listen(cx.waker())
    }

    /// Forgets what it has heard, so that the next look hears it again.
    pub(super) const fn forget(&mut self) {
        self.heard = UNKNOWN;
    }

    /// Waits for the last word.
    pub(super) async fn cut(&mut self) {
        std::future::poll_fn(|cx| match self.poll(cx) {
            Some(Word::Cut) => std::task::Poll::Ready(()),
            Some(Word::Finish) | None => std::task::Poll::Pending,
        })
        .await;
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.link.has_gone();
        let mut open = self.connections.lock();
        open.parties.remove(&self.key);
        let is_last = open.parties.is_empty();
        drop(open);
        if is_last {
            self.connections.gone.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hears_what_is_meant_for_it() {
        let connections = Arc::new(Connections::default());
        let (plain, graced) = (Arc::new(Link::default()), Arc::new(Link::default()));
        let grant = graced.grant();
        let (mut first, mut second) = (connections.enter(&plain), connections.enter(&graced));
        let cx = Context::from_waker(Waker::noop());
        assert_eq!((first.poll(&cx), second.poll(&cx)), (None, None));
        connections.tell(Word::Finish, false);
        assert_eq!((first.poll(&cx), second.poll(&cx)), (Some(Word::Finish), Some(Word::Finish)));
        connections.tell(Word::Cut, true);
        assert_eq!((first.poll(&cx), second.poll(&cx)), (Some(Word::Cut), Some(Word::Finish)));
        drop(grant);
        connections.tell(Word::Cut, true);
        assert_eq!(second.poll(&cx), Some(Word::Cut), "the stream with the grace is gone");
        assert_eq!(connections.count(), 2);
        drop((first, second));
        assert_eq!(connections.count(), 0);
    }

    #[tokio::test]
    async fn the_last_one_that_leaves_is_waited_for() {
        let connections = Arc::new(Connections::default());
        connections.none().await;
        let party = connections.enter(&Arc::default());
        let waiting = tokio::spawn({
            let connections = Arc::clone(&connections);
            async move { connections.none().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(party);
        waiting.await.unwrap();
    }
}
