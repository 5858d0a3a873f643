//! The fault proxy does what it says and nothing else, or what is tested with it proves nothing.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod faults;

use std::{io::ErrorKind, time::Duration};

use faults::{BLOCKS, Ended, HEAD, REQUEST, Reader, Then, Upstream, decode, nobody, response};
use sse_tests::proxy::{Fault, Proxy};
use tokio::{net::TcpStream, time::Instant};

/// Chunks that are cut inside of blocks, and between the two ends of lines.
const CHUNK: usize = 37;

/// A server that stays when it has answered: only a fault ends the connection.
async fn waiting() -> (Upstream, Proxy) {
    let upstream = Upstream::start(response(CHUNK), Then::Waits).await;
    let proxy = Proxy::start(upstream.address).await;
    (upstream, proxy)
}

#[tokio::test]
async fn without_a_plan_everything_passes_both_ways() {
    let upstream = Upstream::start(response(CHUNK), Then::Closes).await;
    let proxy = Proxy::start(upstream.address).await;
    let mut reader = Reader::ask(proxy.address()).await;
    assert_eq!(reader.rest().await, (response(CHUNK), Ended::Fin));
    assert_eq!(upstream.seen().requests, [REQUEST]);
    assert_eq!((proxy.connections(), proxy.open(), proxy.struck()), (1, 1, 0));
    drop(reader);
    proxy.wait_until_open(0).await;
}

#[tokio::test]
async fn a_cut_at_every_byte() {
    let (upstream, proxy) = waiting().await;
    let response = response(CHUNK);
    for after in 0..=response.len() {
        proxy.next(Fault::Cut { after });
        let mut reader = Reader::ask(proxy.address()).await;
        assert_eq!(reader.rest().await, (response[..after].to_vec(), Ended::Fin), "{after}");
        assert_eq!(proxy.struck(), after + 1);
        upstream.wait_until(|seen| seen.left == after + 1).await;
    }
    assert_eq!(proxy.connections(), response.len() + 1);
}

#[tokio::test]
async fn a_reset_at_every_byte() {
    let (upstream, proxy) = waiting().await;
    let response = response(CHUNK);
    for after in 0..=response.len() {
        proxy.next(Fault::Reset { after });
        let mut reader = Reader::ask(proxy.address()).await;
        assert_eq!(reader.rest().await, (response[..after].to_vec(), Ended::Reset), "{after}");
        assert_eq!(proxy.struck(), after + 1);
        // The reader still holds its socket, but there is nothing left of the connection.
        proxy.wait_until_open(0).await;
        upstream.wait_until(|seen| seen.left == after + 1).await;
    }
}

#[tokio::test]
async fn a_stall_at_every_byte() {
    let upstream = Upstream::start(response(CHUNK), Then::Closes).await;
    let proxy = Proxy::start(upstream.address).await;
    let response = response(CHUNK);
    for after in 0..=response.len() {
        proxy.next(Fault::Stall { after });
        let mut reader = Reader::ask(proxy.address()).await;
        assert_eq!(reader.read(after).await, response[..after], "{after}");
        proxy.wait_until_struck(after + 1).await;
        // Everything has been said by now, the end as well.
        upstream.wait_until(|seen| seen.answered == after + 1).await;
        let patience = Duration::from_millis(if after % 50 == 0 { 100 } else { 1 });
        assert!(reader.is_silent_for(patience).await, "{after}");
        assert_eq!((proxy.open(), upstream.seen().left), (1, after));

        drop(reader);
        proxy.wait_until_open(0).await;
        upstream.wait_until(|seen| seen.left == after + 1).await;
    }
}

#[tokio::test]
async fn a_fault_behind_the_end_does_not_happen() {
    let upstream = Upstream::start(response(CHUNK), Then::Closes).await;
    let proxy = Proxy::start(upstream.address).await;
    let (response, body) = (response(CHUNK), BLOCKS.concat());
    let faults = [
        Fault::Cut { after: response.len() + 1 },
        Fault::Reset { after: response.len() + 1 },
        Fault::Stall { after: response.len() + 1 },
        Fault::CutBody { after: body.len() + 1 },
        Fault::Truncate { after: body.len() + 1 },
        Fault::Duplicate { block: BLOCKS.len() },
    ];
    for fault in faults {
        proxy.next(fault);
        let (got, ended) = Reader::ask(proxy.address()).await.rest().await;
        assert_eq!((decode(&got), ended), ((body.clone(), true), Ended::Fin), "{fault:?}");
    }
    proxy.wait_until_open(0).await;
    assert_eq!((proxy.connections(), proxy.struck()), (faults.len(), 0));
}

#[tokio::test]
async fn a_dribble_delivers_all_in_its_own_time() {
    let upstream = Upstream::start(response(CHUNK), Then::Closes).await;
    let proxy = Proxy::start(upstream.address).await;
    let response = response(CHUNK);
    for bytes in [0, 1, 7, 1000] {
        let pause = Duration::from_millis(1);
        proxy.next(Fault::Dribble { bytes, pause });
        let begun = Instant::now();
        let mut reader = Reader::ask(proxy.address()).await;
        assert_eq!(reader.rest().await, (response.clone(), Ended::Fin), "{bytes}");
        let pauses = response.len().div_ceil(bytes.max(1)) - 1;
        assert!(begun.elapsed() >= pause * u32::try_from(pauses).expect("few"), "{bytes}");
    }
    assert_eq!(proxy.struck(), 4);
}

#[tokio::test]
async fn a_dribble_does_not_hold_the_first_piece_back() {
    let (_upstream, proxy) = waiting().await;
    proxy.next(Fault::Dribble { bytes: 9, pause: Duration::from_secs(3600) });
    let mut reader = Reader::ask(proxy.address()).await;
    assert_eq!(reader.read(9).await, HEAD.as_bytes()[..9]);
    assert!(reader.is_silent_for(Duration::from_millis(100)).await);
    // A pause does not keep it from seeing that the client leaves.
    drop(reader);
    proxy.wait_until_open(0).await;
}

#[tokio::test]
async fn a_block_comes_twice_in_proper_chunks() {
    for chunk in [1, 2, CHUNK, 1000] {
        let upstream = Upstream::start(response(chunk), Then::Closes).await;
        let proxy = Proxy::start(upstream.address).await;
        for (block, again) in BLOCKS.into_iter().enumerate() {
            proxy.next(Fault::Duplicate { block });
            let (got, ended) = Reader::ask(proxy.address()).await.rest().await;
            let mut twice = BLOCKS.to_vec();
            twice.insert(block, again);
            let expected = ((twice.concat(), true), Ended::Fin);
            assert_eq!((decode(&got), ended), expected, "block {block}, chunks of {chunk}");
            assert_eq!(proxy.struck(), block + 1);
        }
    }
}

#[tokio::test]
async fn a_body_is_truncated_at_every_byte_and_ends_properly() {
    let (upstream, proxy) = waiting().await;
    let body = BLOCKS.concat();
    for after in 0..=body.len() {
        proxy.next(Fault::Truncate { after });
        let (got, ended) = Reader::ask(proxy.address()).await.rest().await;
        assert!(got.ends_with(b"\r\n0\r\n\r\n"), "{after}");
        assert_eq!((decode(&got), ended), ((body[..after].to_owned(), true), Ended::Fin));
        assert_eq!(proxy.struck(), after + 1);
        upstream.wait_until(|seen| seen.left == after + 1).await;
    }
}

#[tokio::test]
async fn a_body_is_cut_at_every_byte() {
    let (upstream, proxy) = waiting().await;
    let body = BLOCKS.concat();
    for after in 0..=body.len() {
        proxy.next(Fault::CutBody { after });
        let (got, ended) = Reader::ask(proxy.address()).await.rest().await;
        assert_eq!((decode(&got), ended), ((body[..after].to_owned(), false), Ended::Fin));
        assert_eq!(proxy.struck(), after + 1);
        upstream.wait_until(|seen| seen.left == after + 1).await;
    }
}

#[tokio::test]
async fn a_refused_client_never_reaches_the_server() {
    let (upstream, proxy) = waiting().await;
    proxy.next(Fault::Refuse);
    let mut reader = Reader(TcpStream::connect(proxy.address()).await.expect("a connection"));
    assert_eq!(reader.rest().await, (Vec::new(), Ended::Fin));
    proxy.wait_until_open(0).await;
    assert_eq!((proxy.connections(), proxy.struck()), (1, 1));
    assert_eq!(upstream.seen().connections, 0);
}

#[tokio::test]
async fn plans_are_for_connections_in_their_order() {
    let (_upstream, proxy) = waiting().await;
    let response = response(CHUNK);
    proxy.next(Fault::Cut { after: 20 });
    proxy.next(Fault::Reset { after: 10 });
    let mut first = Reader::ask(proxy.address()).await;
    proxy.wait_until_connections(1).await;
    let mut second = Reader::ask(proxy.address()).await;
    proxy.wait_until_connections(2).await;
    let mut third = Reader::ask(proxy.address()).await;
    assert_eq!(third.read(response.len()).await, response);
    assert_eq!(second.rest().await, (response[..10].to_vec(), Ended::Reset));
    assert_eq!(first.rest().await, (response[..20].to_vec(), Ended::Fin));
    proxy.next(Fault::Cut { after: 5 });
    let mut fourth = Reader::ask(proxy.address()).await;
    assert_eq!(fourth.rest().await, (response[..5].to_vec(), Ended::Fin));
    assert_eq!((proxy.connections(), proxy.struck()), (4, 3));
}

#[tokio::test]
async fn clients_count_until_they_leave() {
    let (upstream, proxy) = waiting().await;
    let length = response(CHUNK).len();
    let mut readers = Vec::new();
    for count in 1..=3 {
        let mut reader = Reader::ask(proxy.address()).await;
        reader.read(length).await;
        readers.push(reader);
        assert_eq!(proxy.open(), count);
    }
    for count in (0..3).rev() {
        readers.pop();
        proxy.wait_until_open(count).await;
        upstream.wait_until(|seen| seen.left == 3 - count).await;
    }
    assert_eq!(proxy.connections(), 3);
}

#[tokio::test]
async fn a_client_that_was_cut_counts_until_it_closes_too() {
    let (_upstream, proxy) = waiting().await;
    proxy.next(Fault::Cut { after: 1 });
    let mut reader = Reader::ask(proxy.address()).await;
    reader.rest().await;
    assert_eq!((proxy.open(), proxy.struck()), (1, 1));
    drop(reader);
    proxy.wait_until_open(0).await;
}

#[tokio::test]
async fn more_than_a_buffer_is_counted_as_exactly() {
    let long: Vec<u8> = (0..3_000_017_u32).map(|at| at.to_le_bytes()[0]).collect();
    let upstream = Upstream::start(long.clone(), Then::Waits).await;
    let proxy = Proxy::start(upstream.address).await;
    for after in [16_383, 16_384, 16_385, 1_234_567, long.len()] {
        proxy.next(Fault::Cut { after });
        let (got, ended) = Reader::ask(proxy.address()).await.rest().await;
        assert!(got == long[..after], "{} instead of {after}", got.len());
        assert_eq!(ended, Ended::Fin);
    }
}

#[tokio::test]
async fn a_reset_takes_nothing_back_that_a_socket_has_room_for() {
    let long: Vec<u8> = (0..100_000_u32).map(|at| at.to_le_bytes()[0]).collect();
    let upstream = Upstream::start(long.clone(), Then::Waits).await;
    let proxy = Proxy::start(upstream.address).await;
    let after = 32 * 1024;
    proxy.next(Fault::Reset { after });
    let mut reader = Reader::ask(proxy.address()).await;
    proxy.wait_until_struck(1).await;
    proxy.wait_until_open(0).await;
    let (got, ended) = reader.rest().await;
    assert!(got == long[..after], "{} instead of {after}", got.len());
    assert_eq!(ended, Ended::Reset);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_end() {
    let proxy = Proxy::start(nobody().await).await;
    let mut reader = Reader(TcpStream::connect(proxy.address()).await.expect("a connection"));
    assert_eq!(reader.rest().await, (Vec::new(), Ended::Fin));
    proxy.wait_until_open(0).await;
}

#[tokio::test]
async fn with_the_proxy_everything_ends() {
    let (upstream, proxy) = waiting().await;
    let (address, response) = (proxy.address(), response(CHUNK));
    proxy.next(Fault::Stall { after: 3 });
    let mut stalled = Reader::ask(address).await;
    stalled.read(3).await;
    let mut reader = Reader::ask(address).await;
    reader.read(response.len()).await;

    drop(proxy);
    assert!(reader.rest().await.0.is_empty());
    assert!(stalled.rest().await.0.is_empty());
    upstream.wait_until(|seen| seen.left == 2).await;
    let refused = TcpStream::connect(address).await.expect_err("nobody there");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}
