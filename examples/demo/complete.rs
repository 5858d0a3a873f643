//! A text that comes back word by word, as the answer of a language model would.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sse_runtime::{Cx, Events, SendError, SseEvent, sse_handler};
use tokio::time::sleep;

const PAUSE: Duration = Duration::from_millis(60);

#[derive(Debug, SseEvent)]
#[sse(source = "assistant")]
pub(crate) enum Token {
    Delta(String),
    /// With this the reader knows that nothing is missing.
    #[sse(terminal)]
    Done,
}

/// Dropped at whatever it waits for when the client leaves: there is no word that nobody
/// reads, and nothing here has to ask for it.
///
/// A server that is asked to stop lets it go on for some eighty words more, half of the time
/// that a container is commonly given before it is killed.
#[sse_handler(finite, drain = "5s")]
pub(crate) async fn complete(cx: Cx, out: Events<Token>, text: String) -> Result<(), SendError> {
    let produced = count_words(&cx);
    for (place, word) in text.split_whitespace().enumerate() {
        if place > 0 {
            sleep(PAUSE).await;
        }
        out.send(Token::Delta(word.to_owned())).await?;
        produced.fetch_add(1, Ordering::Relaxed);
    }
    out.send(Token::Done).await
}

/// A counter that is logged when the stream ends, whoever ends it.
fn count_words(cx: &Cx) -> Arc<AtomicU64> {
    let produced = Arc::new(AtomicU64::new(0));
    let words = Arc::clone(&produced);
    let request_id = cx.request_id().to_owned();
    cx.on_close(move |ended| {
        let words = words.load(Ordering::Relaxed);
        let reason = ended.reason.as_str();
        tracing::info!(request_id, reason, words, "complete stopped producing");
    });
    produced
}
