//! A question in JSON, and a stream of tokens for an answer.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use sse_runtime::{Events, SendError, SseEvent, sse_handler};

use super::model::{Model, ModelError};

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) prompt: String,
}

/// What comes back.
#[derive(Debug, PartialEq, Eq, SseEvent)]
#[sse(source = "assistant")]
pub(crate) enum Token {
    /// `event: delta`, `data: " blue"`
    Delta(String),
    /// The last one. An answer without it is incomplete, whatever it reads like.
    #[sse(terminal)]
    Done { tokens: u32 },
}

/// Answers. Dropped at whatever it waits for when the client leaves, and the model with it.
///
/// A server that is asked to stop lets an answer go on for five seconds more.
#[sse_handler(finite, drain = "5s")]
pub(crate) async fn complete(
    State(model): State<Model>,
    Json(question): Json<Question>,
    out: Events<Token>,
) -> Result<(), AnswerError> {
    let mut tokens = model.start(&question.prompt)?;
    let mut count = 0;
    while let Some(token) = tokens.recv().await {
        out.send(Token::Delta(token?)).await?;
        count += 1;
    }
    out.send(Token::Done { tokens: count }).await?;
    Ok(())
}

/// Why there is no answer, or no more of it. Before the first token this is the response; after
/// it the stream ends with `error`, and the text stays here.
#[derive(Debug)]
pub(crate) enum AnswerError {
    Model(ModelError),
    /// The client has left: nobody reads this.
    Gone,
}

impl From<ModelError> for AnswerError {
    fn from(error: ModelError) -> Self {
        Self::Model(error)
    }
}

impl From<SendError> for AnswerError {
    fn from(_: SendError) -> Self {
        Self::Gone
    }
}

impl IntoResponse for AnswerError {
    fn into_response(self) -> Response {
        let Self::Model(error) = self else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let status = match error {
            ModelError::NothingToSay => StatusCode::UNPROCESSABLE_ENTITY,
            ModelError::Unplugged => StatusCode::BAD_GATEWAY,
        };
        (status, error.to_string()).into_response()
    }
}
