//! Calling a handler without a server.

/// Calls a handler in a test: `call!(handler(arguments...))` gives a future of its
/// [`EventStream`](crate::EventStream).
///
/// The arguments are the extractors as values, in their order; the sender of a producer is
/// not among them. Nothing goes over a network, so a test needs no port and no sleep.
///
/// ```
/// use axum::{Json, extract::State};
/// use futures_util::StreamExt as _;
/// use sse_runtime::{Events, SendError, SseEvent, call, sse_handler};
///
/// #[derive(SseEvent, Debug, PartialEq)]
/// #[sse(source = "assistant")]
/// enum Token {
///     Delta(String),
///     #[sse(terminal)]
///     Done,
/// }
///
/// #[sse_handler(finite)]
/// async fn complete(State(greeting): State<String>, out: Events<Token>, Json(name): Json<String>) -> Result<(), SendError> {
///     out.send(Token::Delta(format!("{greeting} {name}"))).await?;
///     out.send(Token::Done).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sse_runtime::ReadError> {
/// let answer = call!(complete(State("hello".into()), Json("you".into()))).await;
/// assert_eq!(answer.status(), 200);
///
/// let mut events = answer.events::<Token>();
/// assert_eq!(events.next().await.transpose()?, Some(Token::Delta("hello you".into())));
/// assert_eq!(events.next().await.transpose()?, Some(Token::Done));
/// assert!(events.next().await.is_none());
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! call {
    // The path, which may end in generic arguments of any form, then the arguments.
    (@path [$($path:tt)+] ($($argument:expr),* $(,)?)) => {
        $($path)+($crate::Cx::detached(), $($argument),*)
    };
    (@path [$($path:tt)*] $next:tt $($rest:tt)+) => {
        $crate::call!(@path [$($path)* $next] $($rest)+)
    };
    ($($call:tt)+) => { $crate::call!(@path [] $($call)+) };
}
