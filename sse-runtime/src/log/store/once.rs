//! A question that is asked once for all who want the answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{runtime::Handle, sync::watch};

/// A value that is got once, by a task of its own.
///
/// Not tokio's `OnceCell`: there the first who asks gets it for all others, and one that is not
/// polled (a connection that takes nothing, a branch of a `select!`) would hold up everybody.
#[derive(Debug)]
pub(crate) struct Once<T, E> {
    state: Arc<Mutex<State<T, E>>>,
}

type Answer<T, E> = watch::Receiver<Option<Result<T, E>>>;

#[derive(Debug)]
enum State<T, E> {
    Nothing,
    Asked(Answer<T, E>),
    Known(T),
}

/// There is nobody who could get it: no runtime, or one that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nobody;

impl<T, E> Default for Once<T, E> {
    fn default() -> Self {
        Self { state: Arc::new(Mutex::new(State::Nothing)) }
    }
}

impl<T: Clone + Send + Sync + 'static, E: Clone + Send + Sync + 'static> Once<T, E> {
    /// Whether it is known.
    pub(crate) fn is_known(&self) -> bool {
        matches!(*lock(&self.state), State::Known(_))
    }

    /// The value. After an error the next who asks has it asked again.
    pub(crate) async fn get<F>(&self, ask: impl FnOnce() -> F) -> Result<Result<T, E>, Nobody>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut answer = {
            let mut state = lock(&self.state);
            match &*state {
                State::Known(value) => return Ok(Ok(value.clone())),
                // Whoever asked may be gone with its runtime.
                State::Asked(answer) if answer.has_changed().is_ok() => answer.clone(),
                State::Asked(_) | State::Nothing => {
                    let runtime = Handle::try_current().map_err(|_| Nobody)?;
                    let (told, answer) = watch::channel(None);
                    *state = State::Asked(answer.clone());
                    let (ask, state) = (ask(), Arc::clone(&self.state));
                    runtime.spawn(async move {
                        let got = ask.await;
                        *lock(&state) = match &got {
                            Ok(value) => State::Known(value.clone()),
                            Err(_) => State::Nothing,
                        };
                        told.send_replace(Some(got));
                    });
                    answer
                }
            }
        };
        let got = answer.wait_for(Option::is_some).await.map_err(|_| Nobody)?;
        got.clone().ok_or(Nobody)
    }
}

fn lock<T, E>(state: &Mutex<State<T, E>>) -> MutexGuard<'_, State<T, E>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn whoever_asks_first_and_does_not_wait_holds_nobody_up() {
        let once = Once::<u32, ()>::default();
        let ask = || async {
            tokio::task::yield_now().await;
            Ok(7)
        };
        let mut first = Box::pin(once.get(ask));
        assert!(first.as_mut().now_or_never().is_none());
        assert_eq!(once.get(ask).await, Ok(Ok(7)));
        assert_eq!(first.await, Ok(Ok(7)));
        assert!(once.is_known());
    }

    #[tokio::test]
    async fn after_an_error_it_is_asked_again() {
        let once = Once::<u32, &str>::default();
        assert_eq!(once.get(|| async { Err("down") }).await, Ok(Err("down")));
        assert_eq!(once.get(|| async { Ok(1) }).await, Ok(Ok(1)));
        assert_eq!(once.get(|| async { Ok(2) }).await, Ok(Ok(1)));
    }

    #[test]
    fn a_runtime_that_is_gone_takes_the_question_with_it() {
        let once = Once::<u32, ()>::default();
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        let never = runtime();
        never.block_on(async {
            assert!(once.get(std::future::pending).now_or_never().is_none());
        });
        drop(never);
        assert_eq!(runtime().block_on(once.get(|| async { Ok(1) })), Ok(Ok(1)));
        assert_eq!(once_without_a_runtime(), Some(Err(Nobody)));
    }

    fn once_without_a_runtime() -> Option<Result<Result<u32, ()>, Nobody>> {
        Once::default().get(|| async { Ok(1) }).now_or_never()
    }
}
