//! What one stream, or one connection, is told from outside.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    task::Waker,
};

/// A word that somebody else says to a task, and the way to wake it for that. The first word
/// counts: whoever is told to end does not care why a second time.
#[derive(Debug)]
pub(super) struct Line<W> {
    state: Mutex<State<W>>,
}

#[derive(Debug)]
struct State<W> {
    told: Option<W>,
    waker: Option<Waker>,
}

impl<W> Default for Line<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W> Line<W> {
    pub(super) const fn new() -> Self {
        Self { state: Mutex::new(State { told: None, waker: None }) }
    }
}

impl<W: Copy> Line<W> {
    /// Says it. Whom to wake is given back, for when every lock is released.
    pub(super) fn tell(&self, word: W) -> Option<Waker> {
        let mut state = self.lock();
        state.told.get_or_insert(word);
        state.waker.take()
    }

    /// Says it in place of whatever was said before; what that was, and whom to wake.
    pub(super) fn insist(&self, word: W) -> (Option<W>, Option<Waker>) {
        let mut state = self.lock();
        (state.told.replace(word), state.waker.take())
    }

    /// What was said; and whom to wake when something is.
    pub(super) fn listen(&self, waker: &Waker) -> Option<W> {
        let mut state = self.lock();
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            None => state.waker = Some(waker.clone()),
        }
        state.told
    }

    /// Nothing is left half-done under this lock.
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_counts_unless_somebody_insists() {
        let line = Line::new();
        assert!(line.tell(1).is_none());
        assert!(line.tell(2).is_none());
        assert_eq!(line.listen(Waker::noop()), Some(1));
        let (before, wakes) = line.insist(3);
        assert!(before == Some(1) && wakes.is_some());
        assert_eq!(line.listen(Waker::noop()), Some(3));
    }

    #[test]
    fn who_listens_is_woken_once() {
        let line = Line::new();
        assert_eq!(line.listen(Waker::noop()), None);
        assert!(line.tell(()).is_some());
        assert!(line.tell(()).is_none());
    }
}
