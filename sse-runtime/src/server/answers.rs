//! What the errors of channels are as responses: nothing of what a client sent comes back in
//! them but what the client itself must mend.

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header::RETRY_AFTER};

use crate::{
    channel::{FindError, HubFull, InvalidChannelName, MergeError, PublishError, UnknownEvent},
    log::store::StoreError,
};

impl IntoResponse for UnknownEvent {
    /// A 400 that says which name it is.
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.to_string()).into_response()
    }
}

impl IntoResponse for InvalidChannelName {
    /// A 404, as for a channel that is not there.
    fn into_response(self) -> Response {
        StatusCode::NOT_FOUND.into_response()
    }
}

impl IntoResponse for MergeError {
    /// A 500: which channels are merged is the business of the program.
    fn into_response(self) -> Response {
        tracing::error!("a merged stream cannot begin: {self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl IntoResponse for HubFull {
    /// A 503 with `Retry-After`.
    fn into_response(self) -> Response {
        tracing::error!("{self}");
        later()
    }
}

impl IntoResponse for PublishError {
    /// 413 for what is too large, 409 for an id that was used for something else, 410 for a
    /// channel that has ended, 503 with `Retry-After` for what may succeed later (a store that is not there among it),
    /// else 500.
    fn into_response(self) -> Response {
        match self {
            Self::TooLarge { .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, self.to_string()).into_response()
            }
            Self::IdReused { .. } => StatusCode::CONFLICT.into_response(),
            Self::Ended => StatusCode::GONE.into_response(),
            Self::TooManyIds => later(),
            Self::Store(error) => store_error(&error),
            Self::Encode(error) => {
                let error = error.to_string();
                tracing::error!(error, "an event was not published");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

impl IntoResponse for StoreError {
    /// A 503 with `Retry-After` for what may succeed later, else a 500.
    fn into_response(self) -> Response {
        store_error(&self)
    }
}

impl IntoResponse for FindError {
    /// As the error in it.
    fn into_response(self) -> Response {
        match self {
            Self::Store(error) => store_error(&error),
            Self::Full(error) => error.into_response(),
        }
    }
}

fn store_error(error: &StoreError) -> Response {
    tracing::error!(%error, "the store did not do what it was asked for");
    if error.is_for_now() { later() } else { StatusCode::INTERNAL_SERVER_ERROR.into_response() }
}

fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "1")]).into_response()
}
