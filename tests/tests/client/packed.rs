//! Streams that are packed by gzip: what is flushed comes out at once, and what is made to fill
//! a memory does not.

use flate2::{Compress, Compression, FlushCompress};
use sse_runtime::client::{
    ClientConfig, EncodingError, EventSource, Item, ProtocolError, StreamRequest,
};

use super::{
    flood::{Growth, LESS, MIB},
    scripted::{
        OPEN, STREAM, Scripted, client, client_of, event, fatal, id, left, next, unnumbered,
    },
    stream::InventoryEvent,
};

/// The head of a stream that is packed like this.
fn packed(encoding: &str) -> String {
    STREAM.replace("connection:", &format!("content-encoding: {encoding}\r\nconnection:"))
}

/// A stream of gzip, each piece of which is flushed and needs nothing that came before it.
struct Gzip(Compress);

impl Gzip {
    /// With the begin of the stream.
    fn new() -> (Self, Vec<u8>) {
        let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        (Self(Compress::new(Compression::default(), false)), header.into())
    }

    fn pack(&mut self, text: impl AsRef<[u8]>) -> Vec<u8> {
        let text = text.as_ref();
        let mut packed = Vec::with_capacity(text.len() + 1_024);
        let before = self.0.total_in();
        self.0.compress_vec(text, &mut packed, FlushCompress::Full).unwrap();
        assert_eq!(self.0.total_in() - before, u64::try_from(text.len()).unwrap());
        packed
    }
}

/// A server that says these pieces, and holds the connection.
async fn saying(pieces: impl Fn(&mut Gzip) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |mut asked| {
        let (mut gzip, header) = Gzip::new();
        let pieces = pieces(&mut gzip);
        async move {
            asked.say(packed("gzip")).await;
            asked.say(header).await;
            for piece in pieces {
                asked.say(piece).await;
            }
            asked.until_gone().await;
        }
    })
    .await
}

async fn open(request: StreamRequest<InventoryEvent>) -> EventSource<InventoryEvent> {
    let mut events = request.subscribe().unwrap();
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
    events
}

#[tokio::test]
async fn an_event_that_is_flushed_comes_out_at_once() {
    let server = saying(|gzip| vec![gzip.pack(OPEN), gzip.pack(unnumbered(1))]).await;
    let mut events = open(client().request(server.url())).await;
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(1));
    assert_eq!(server.requests()[0].header("accept-encoding").as_deref(), Some("gzip"));
}

#[tokio::test]
async fn an_event_of_many_pieces_comes_out_at_once() {
    // It is as repetitive as can be, so that much is to come out when nothing is left to go in.
    for size in [10_000, 16_383, 16_384, 20_000, 100_000, 500_000] {
        let sku = "x".repeat(size);
        let sold_out =
            format!("event: sold_out\nsource: inventory\ndata: {{\"sku\":\"{sku}\"}}\n\n");
        let server = saying(move |gzip| vec![gzip.pack(OPEN), gzip.pack(&sold_out)]).await;
        let mut events = open(client().request(server.url())).await;
        assert_eq!(event(&mut events).await.event, InventoryEvent::SoldOut { sku });
    }
}

#[tokio::test]
async fn what_is_cut_in_the_middle_is_asked_for_again_from_there() {
    let server = Scripted::start(|mut asked| async move {
        let (mut gzip, header) = Gzip::new();
        asked.say(packed("gzip")).await;
        let seq = u32::try_from(asked.number).unwrap() + 1;
        let open = gzip.pack(format!("{}{}", asked.open(), left(&id(seq), seq)));
        let cut = gzip.pack(unnumbered(9));
        asked.say([&header[..], &open, &cut[..cut.len() / 2]].concat()).await;
    })
    .await;
    let mut events: EventSource<InventoryEvent> = client().subscribe(server.url()).unwrap();
    for seq in 1..=3 {
        assert_eq!(event(&mut events).await.event, InventoryEvent::Left(seq));
    }
    assert_eq!(server.requests()[2].position(), Some(id(2)));
}

/// What makes the stream fail that a server sends with this head.
async fn failure(head: String, body: &'static str) -> EncodingError {
    let server = Scripted::answering([format!("{head}{body}")]).await;
    let mut events: EventSource<InventoryEvent> = client().subscribe(server.url()).unwrap();
    let failure = fatal(&mut events).await;
    server.until_gone(1).await;
    assert_eq!(server.requests().len(), 1);
    let sse_runtime::client::Failure::Protocol(ProtocolError::Encoding(error)) = failure else {
        panic!("{failure}")
    };
    error
}

#[tokio::test]
async fn what_nobody_asked_for_is_fatal() {
    for encoding in ["br", "zstd", "deflate"] {
        let error = failure(packed(encoding), OPEN).await;
        assert_eq!(error, EncodingError::Unknown(encoding.into()));
    }
    assert_eq!(failure(packed("gzip, gzip"), "").await, EncodingError::Unknown("gzip".into()));
    assert_eq!(failure(packed("gzip"), "event: sse.open\n\n").await, EncodingError::Corrupt);
    let server = Scripted::answering([format!("{}{OPEN}", packed("identity"))]).await;
    drop(open(client().request(server.url())).await);
}

/// A server that says one GiB, which takes some MiB, and how much this process grows by it.
async fn bomb(begin: &'static str, growth: &Growth) -> Scripted {
    let growth = growth.clone();
    Scripted::start(move |mut asked| {
        let growth = growth.clone();
        async move {
            let (mut gzip, header) = Gzip::new();
            let begin = gzip.pack(format!("{OPEN}{begin}"));
            let zeros = gzip.pack(vec![b'0'; MIB]);
            asked.say(packed("gzip")).await;
            asked.say([&header[..], &begin].concat()).await;
            for _ in 0..1_024 {
                growth.sample();
                if !asked.say(&zeros).await {
                    break;
                }
            }
            growth.sample();
            asked.until_gone().await;
        }
    })
    .await
}

#[tokio::test]
async fn what_is_made_to_fill_a_memory_ends_the_stream() {
    for begin in [": ", "data: "] {
        let (_one, growth) = Growth::measure().await;
        let server = bomb(begin, &growth).await;
        let mut events = open(client().request(server.url())).await;
        let expansion = EncodingError::Expansion { ratio: 400 };
        assert_eq!(fatal(&mut events).await, ProtocolError::Encoding(expansion).into());
        server.until_gone(1).await;
        growth.assert_bounded();
    }
}

#[tokio::test]
async fn it_does_not_fill_it_where_everything_is_allowed_either() {
    for begin in [": ", "data: "] {
        let (_one, growth) = Growth::measure().await;
        let told = growth.clone();
        let server = saying(move |gzip| {
            let begin = gzip.pack(format!("{OPEN}{begin}"));
            let zeros = gzip.pack(vec![b'0'; MIB]);
            let end = gzip.pack(format!("\n\n{}", unnumbered(7)));
            let mut pieces = vec![zeros; LESS + 2];
            pieces[0] = begin;
            pieces[LESS + 1] = end;
            told.sample();
            pieces
        })
        .await;
        let config = ClientConfig::new().max_expansion(u32::MAX);
        let mut events = open(client_of(config).request(server.url())).await;
        if begin == "data: " {
            let Ok(Item::Oversized(dropped)) = next(&mut events).await else { panic!() };
            assert_eq!(dropped.bytes, LESS * MIB);
        }
        assert_eq!(event(&mut events).await.event, InventoryEvent::Left(7));
        growth.sample();
        growth.assert_bounded();
    }
}
