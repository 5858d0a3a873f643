//! What stands here for a language model: it repeats what it is told, a word at a time.

use std::{fmt, time::Duration};

use tokio::{sync::mpsc, time::sleep};

const PAUSE: Duration = Duration::from_millis(40);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Model;

#[derive(Debug)]
pub(crate) enum ModelError {
    NothingToSay,
    Unplugged,
}

impl Model {
    /// Starts an answer, which is thought up no faster than it is read, and no further once the
    /// receiver is gone. The word `unplug` shows what becomes of an answer that breaks off.
    pub(crate) fn start(
        self,
        prompt: &str,
    ) -> Result<mpsc::Receiver<Result<String, ModelError>>, ModelError> {
        let words: Vec<String> = prompt.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            return Err(ModelError::NothingToSay);
        }
        let (out, tokens) = mpsc::channel(1);
        tokio::spawn(async move {
            for (place, word) in words.into_iter().enumerate() {
                // Each with the space before it, as models do: the answer is their sum.
                let token = match (place, &*word) {
                    (_, "unplug") => Err(ModelError::Unplugged),
                    (0, _) => Ok(word),
                    _ => Ok(format!(" {word}")),
                };
                let is_last = token.is_err();
                if out.send(token).await.is_err() || is_last {
                    return;
                }
                sleep(PAUSE).await;
            }
        });
        Ok(tokens)
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingToSay => "say something",
            Self::Unplugged => "the model was unplugged",
        })
    }
}

impl std::error::Error for ModelError {}
