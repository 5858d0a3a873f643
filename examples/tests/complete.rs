//! The example `complete`: an answer that is whole says so, and one that is not does too.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

#[path = "../complete/main.rs"]
#[allow(dead_code, reason = "its `main` is that of the program")]
mod complete;
mod process;
mod reader;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::http::StatusCode;
use sse_runtime::client::{
    Client, ClientError, EventSource, Failure, Item, Method, ProtocolError, StopReason, StreamError,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use self::{
    complete::answer::{Question, Token},
    process::{PATIENCE, Process},
    reader::{Answer, ask, request},
};

/// The server as a process, and its address.
async fn serve() -> (Process, String) {
    let mut server = Process::start(&["--listen", "127.0.0.1:0"]);
    let line = server.log_until("listening on http://").await.pop().unwrap();
    let (_, address) = line.split_once("http://").unwrap();
    (server, address.to_owned())
}

fn question(address: &str, prompt: &str) -> EventSource<Token> {
    let client = Client::new().unwrap();
    let request = client.request(format!("http://{address}/complete")).method(Method::POST);
    request.json(&Question { prompt: prompt.to_owned() }).subscribe().unwrap()
}

async fn next(events: &mut EventSource<Token>) -> Option<Result<Item<Token>, StreamError>> {
    timeout(PATIENCE, events.next()).await.unwrap()
}

/// The tokens up to the end or an error.
async fn read(events: &mut EventSource<Token>) -> (Vec<Token>, Option<StreamError>) {
    let mut tokens = Vec::new();
    loop {
        match next(events).await {
            Some(Ok(Item::Event(received))) => tokens.push(received.event),
            Some(Ok(Item::Opened(_))) => {}
            Some(Ok(item)) => panic!("{item:?}"),
            Some(Err(error)) => return (tokens, Some(error)),
            None => return (tokens, None),
        }
    }
}

fn delta(text: &str) -> Token {
    Token::Delta(text.to_owned())
}

/// A server that cuts every answer in its second token. Counts the questions.
async fn cutting() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                socket.read_buf(&mut request).await.unwrap();
            }
            count.fetch_add(1, Ordering::SeqCst);
            let answer = concat!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n",
                "x-event-source: assistant\r\nconnection: close\r\n\r\n",
                "event: sse.open\nretry: 10\ndata: {\"resume\":\"fresh\",\"missed\":0,",
                "\"sources\":[\"assistant\"],\"request_id\":\"cut\"}\n\n",
                "event: delta\nsource: assistant\ndata: \"Why\"\n\n",
                "event: delta\nsource: assis",
            );
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, asked)
}

/// No test: what the tests start.
#[tokio::test]
#[ignore = "the others start it"]
async fn the_program() -> Result<(), Box<dyn std::error::Error>> {
    match process::arguments() {
        Some(arguments) => complete::run(arguments).await,
        None => Ok(()),
    }
}

#[tokio::test]
async fn an_answer_comes_token_by_token_and_ends_with_its_last() {
    let (_server, address) = serve().await;
    let mut events = question(&address, "Why is the sky blue?");
    let (tokens, error) = read(&mut events).await;
    let words = ["Why", " is", " the", " sky", " blue?"].map(delta);
    assert_eq!(tokens[..5], words);
    assert_eq!((&tokens[5..], error), (&[Token::Done { tokens: 5 }][..], None));
    assert_eq!(events.stop_reason(), Some(&StopReason::Complete));
}

#[tokio::test]
async fn the_program_prints_it() {
    let (_server, address) = serve().await;
    let url = format!("http://{address}/complete");
    let mut asking = Process::start(&["ask", &url, "Why is the sky blue?"]);
    let out = asking.out_until("[5 tokens]").await;
    assert!(out.iter().any(|line| line.ends_with("Why is the sky blue?")), "{out:?}");
    asking.end(true).await;
}

#[tokio::test]
async fn an_answer_that_is_cut_is_truncated_and_not_asked_for_again() {
    let (address, asked) = cutting().await;
    let mut events = question(&address, "Why is the sky blue?");
    let (tokens, error) = read(&mut events).await;
    assert_eq!(tokens, [delta("Why")]);
    let Some(StreamError::Failed(ClientError::Fatal(Failure::Protocol(cut)))) = error else {
        panic!("{error:?}")
    };
    assert!(matches!(cut, ProtocolError::Truncated { .. }), "{cut:?}");
    assert!(next(&mut events).await.is_none());

    let url = format!("http://{address}/complete");
    let mut asking = Process::start(&["ask", &url, "Why is the sky blue?"]);
    let out = asking.out_until("[incomplete: truncated]").await;
    assert!(out.iter().any(|line| line.ends_with("Why")), "{out:?}");
    asking.end(false).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2, "one by each");
}

#[tokio::test]
async fn so_is_one_whose_server_is_killed() {
    let (server, address) = serve().await;
    let mut events = question(&address, &"why ".repeat(500));
    while !matches!(next(&mut events).await, Some(Ok(Item::Event(_)))) {}
    server.kill().await;
    let (_, error) = read(&mut events).await;
    let Some(StopReason::Failed(failed)) = events.stop_reason() else { panic!("{error:?}") };
    assert_eq!(failed.failure().unwrap().reason().as_str(), "truncated");
}

/// The reader hears that it broke off, and not why: that is the server's business.
#[tokio::test]
async fn a_model_that_breaks_off_ends_the_answer_with_an_error() {
    let (_server, address) = serve().await;
    let mut events = question(&address, "do not unplug me");
    let (tokens, error) = read(&mut events).await;
    assert_eq!(tokens, ["do", " not"].map(delta));
    let Some(StreamError::Failed(ClientError::NotSentAgain(failure))) = error else {
        panic!("{error:?}")
    };
    assert_eq!(failure.reason().as_str(), "error");
}

async fn post(address: &str, kind: &'static str, body: &'static str) -> Answer {
    let io = TcpStream::connect(address).await.unwrap();
    let request = request("POST /complete", &[("content-type", kind)]);
    ask(io, request.map(|_| body.into())).await
}

#[tokio::test]
async fn what_is_wrong_before_the_first_token_is_a_status() {
    let (_server, address) = serve().await;
    let mut refused = post(&address, "application/json", "{\"prompt\":\" \"}").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.whole().await, "say something");
    let mut broken = post(&address, "application/json", "{\"prompt\":\"unplug\"}").await;
    assert_eq!(broken.status, StatusCode::BAD_GATEWAY);
    assert_eq!(broken.whole().await, "the model was unplugged");
    let other = post(&address, "text/plain", "why").await;
    assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_is_asked_to_stop_ends_the_answer_first() {
    let (server, address) = serve().await;
    let mut events = question(&address, &"why ".repeat(20));
    while !matches!(next(&mut events).await, Some(Ok(Item::Event(_)))) {}
    let (rest, (tokens, error)) = tokio::join!(server.terminate(), read(&mut events));
    assert_eq!((tokens.last(), error), (Some(&Token::Done { tokens: 20 }), None));
    assert!(rest.iter().any(|line| line.starts_with("1 stream, 0 cut")), "{rest:?}");
}
