//! The answer, read in Rust.

use std::{
    error::Error,
    io::{self, Write as _},
};

use sse_runtime::{
    client::{Client, Item, Method, StopReason, StreamError},
    serve::stop_signal,
};

use super::answer::{Question, Token};

/// Asks, and prints the answer while it comes.
///
/// A question may cost something each time, so it is not asked again by itself once it may have
/// reached the server (`resend` would allow that). An answer that is cut is an error, and what
/// has come of it stands there.
pub(crate) async fn ask(url: &str, prompt: String) -> Result<(), Box<dyn Error>> {
    let mut events = Client::new()?
        .request::<Token>(url)
        .method(Method::POST)
        .json(&Question { prompt })
        .until(stop_signal())
        .subscribe()?;
    while let Some(item) = events.next().await {
        match item {
            Ok(Item::Event(received)) => match received.event {
                Token::Delta(text) => {
                    print!("{text}");
                    io::stdout().flush()?;
                }
                Token::Done { tokens } => println!("\n[{tokens} tokens]"),
            },
            // An answer with a hole in it is none.
            Ok(Item::Unknown(_) | Item::Malformed(_) | Item::Oversized(_)) => {
                println!("\n[incomplete]");
                return Err("a part of the answer cannot be read".into());
            }
            Ok(_) => {}
            Err(StreamError::Failed(error)) => {
                let reason = error.failure().map_or("error", |failure| failure.reason().as_str());
                println!("\n[incomplete: {reason}]");
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(StopReason::Closed) = events.stop_reason() {
        println!("\n[stopped]");
    }
    Ok(())
}
