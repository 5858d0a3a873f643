//! Over HTTP/2 a stream that nobody wants is reset, and its connection stays for the others.

use std::future::poll_fn;

use axum::http::{Request, Response};
use bytes::Bytes;
use h2::{Reason, RecvStream, server::SendResponse};
use sse_runtime::client::{Client, ClientConfig};
use tokio::{net::TcpListener, sync::mpsc};

use super::{
    cancel::{Unwanted, WAYS},
    scripted::{OPEN, in_time},
};

/// Requests as they come, and the number of the connection on which they came.
type Requests = mpsc::UnboundedReceiver<(usize, SendResponse<Bytes>)>;

async fn server() -> (String, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((socket, _)) = listener.accept().await {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(socket).await.unwrap();
                while let Some(Ok((_request, answer))) = connection.accept().await {
                    let _request: Request<RecvStream> = _request;
                    let _nobody = sender.send((number, answer));
                }
            });
            number += 1;
        }
    });
    (url, requests)
}

fn client() -> Client {
    let client = Client::with_transport(ClientConfig::new(), |transport| {
        transport.no_proxy().http2_prior_knowledge()
    });
    client.unwrap()
}

async fn asked(requests: &mut Requests) -> SendResponse<Bytes> {
    let (connection, answer) = in_time(requests.recv()).await.unwrap();
    assert_eq!(connection, 0, "the connection has been given up with its stream");
    answer
}

#[tokio::test]
async fn a_head_is_no_longer_waited_for_and_the_connection_stays() {
    let (url, mut requests) = server().await;
    let client = client();
    for way in WAYS {
        let mut events = Unwanted::new(client.request(&url));
        let mut answer = None;
        events.until(async { answer = Some(asked(&mut requests).await) }).await;
        let reset = async {
            let reason = poll_fn(|cx| answer.as_mut().unwrap().poll_reset(cx)).await;
            assert_eq!(reason.unwrap(), Reason::CANCEL);
        };
        events.end(way, reset).await;
    }
}

#[tokio::test]
async fn a_stream_is_no_longer_read_and_the_connection_stays() {
    let (url, mut requests) = server().await;
    let client = client();
    for way in WAYS {
        let mut events = Unwanted::new(client.request(&url));
        let mut body = None;
        events
            .until(async {
                let mut answer = asked(&mut requests).await;
                let head = Response::builder()
                    .header("content-type", "text/event-stream")
                    .header("x-event-source", "inventory");
                body = Some(answer.send_response(head.body(()).unwrap(), false).unwrap());
            })
            .await;
        let mut body = body.unwrap();
        body.send_data(OPEN.into(), false).unwrap();
        events.is_opened().await;
        events.is_quiet().await;
        let reset = async {
            let reason = poll_fn(|cx| body.poll_reset(cx)).await;
            assert_eq!(reason.unwrap(), Reason::CANCEL);
        };
        events.end(way, reset).await;
    }
}
