//! What bytes may do to the machine and to the header: a plain function for a fuzzer, driven
//! here over a few seeds and mutations of them.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method};
use proptest::prelude::*;

use super::driver::{Driver, s};
use crate::{
    client::{
        ClientConfig, Clock, Input, LocalError, ProtocolError, RedirectError, Request, Row, Rule,
        TransportError, retry_after::retry_after,
    },
    names::Reason,
};

/// Bytes as a life of a stream. The first ones are the request and the configuration, then each
/// pair is something that happens and a number for it. What must hold is checked by the driver,
/// and here.
fn machine(bytes: &[u8]) {
    let (setup, life) = bytes.split_at(bytes.len().min(4));
    let flag = |byte: usize, bit: u8| setup.get(byte).is_some_and(|b| b & (1 << bit) != 0);
    let request = Request {
        method: if flag(0, 0) { Method::POST } else { Method::GET },
        resend: flag(0, 1),
        finite: flag(0, 2),
        hook: flag(0, 3),
        positioned: flag(0, 4),
    };
    let mut config = ClientConfig::new().standard(flag(0, 5));
    if flag(0, 6) {
        config = config.unlimited_attempts();
    }
    if flag(0, 7) {
        config = config.unlimited_outage().event_timeout(s(90)).first_event_timeout(s(40));
    }
    if let Some(row) = setup.get(1).and_then(|byte| Row::ALL.get(usize::from(*byte))) {
        let rules = [Rule::Again, Rule::AgainUncharged, Rule::AskHeaders, Rule::Done, Rule::Fatal];
        let rule = setup.get(2).map_or(0, |byte| usize::from(*byte) % rules.len());
        config = config.on(*row, rules[rule]);
    }
    let seed = setup.get(3).copied().unwrap_or_default();
    let mut client = Driver::new(config, request).seed(u64::from(seed));
    let mut pairs = life.chunks_exact(2);
    for pair in &mut pairs {
        let before = (client.now, client.machine.deadline(), client.connects.len());
        happen(&mut client, pair[0], pair[1]);
        assert!(client.now >= before.0);
        assert!(client.connects.len() <= before.2 + 64, "a hot loop");
        assert_eq!(client.stop.is_some(), client.machine.deadline().is_none() && !client.open);
    }
}

fn happen(client: &mut Driver, what: u8, number: u8) {
    let time = Duration::from_millis(1 << (number % 28));
    let transport = [
        TransportError::Dns,
        TransportError::Refused,
        TransportError::Reset,
        TransportError::Unreachable,
        TransportError::Tls,
        TransportError::Certificate,
        TransportError::Cut,
        TransportError::Clock(Clock::Connect),
    ];
    match what % 16 {
        0 => client.handle(Input::Dialling),
        1 => client.handle(Input::Connected),
        2 | 3 => client.accept(),
        4 => {
            let after = u64::from(number) * u64::from(number) * u64::from(number);
            client.answer(100 + u16::from(number) * 2, &[("retry-after", &after.to_string())])
        }
        5 => client.handle(Input::Bytes(usize::from(number))),
        6 => client.handle(Input::Event { terminal: number > 240 }),
        7 => client.handle(Input::Moved { held: number & 1 == 0, control: number & 2 == 0 }),
        8 => client.handle(Input::Open { heartbeat: (number > 9).then_some(time) }),
        9 => {
            let reason = Reason::ALL.get(usize::from(number) % 14).copied();
            client.handle(Input::Bye { reason, retry: (number > 9).then_some(time) })
        }
        10 => client.handle(Input::Retry(1 << (number % 64))),
        11 => client.fail(transport[usize::from(number) % transport.len()]),
        12 if number > 128 => client.fail(LocalError::OpenFiles),
        12 => client.fail(ProtocolError::Redirect(RedirectError::NoLocation)),
        13 => client.handle(Input::End),
        14 if number > 250 => client.handle(Input::Cancelled),
        14 => client.sleep(time),
        _ => {
            if client.machine.deadline().is_some() {
                client.wait();
            }
            client
        }
    };
}

/// Bytes as the headers of a refusal.
fn header(bytes: &[u8]) {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        if let Some(Ok(value)) = parts.next().map(HeaderValue::from_bytes) {
            headers.append(name, value);
        }
    }
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let _whatever = retry_after(&headers, wall);
}

const LIVES: &[&[u8]] = &[
    b"",
    b"\x08\xff\x00\x01\x02\x00\x06\x00\x0d\x00\x0f\x00\x02\x00\x0d\x00\x0f\x00",
    b"\x00\xff\x00\x02\x0b\x01\x0f\x00\x0b\x01\x0f\x00\x0b\x01\x0f\x00\x0e\x19\x0f\x00",
    b"\x08\xff\x00\x03\x04\x96\x02\x00\x09\x14\x0f\x00\x04\xca\x0f\x00\x04\xc8\x0f\x00",
    b"\x05\xff\x00\x04\x02\x00\x05\x09\x06\x00\x07\x01\x0d\x00\x0f\x00",
    b"\xe0\xff\x00\x05\x02\x00\x0a\x3f\x0d\x00\x0f\x00\x02\x00\x0a\x00\x0d\x00\x0f\x00\x0e\x1b",
    b"\x00\x1a\x01\x06\x02\x00\x09\x07\x0f\x00\x02\x00\x09\x07\x0f\x00\x02\x00\x09\x0c",
];

const HEADERS: &[&[u8]] = &[
    b"120",
    b"Sun, 06 Nov 1994 08:49:37 GMT",
    b"Sunday, 06-Nov-94 08:49:37 GMT",
    b"Fri, 31 Dec 9999 23:59:60 GMT",
    b"\n0\n1700000060",
    b"99999999999999999999\n0\n18446744073709551615",
];

#[test]
fn the_seeds() {
    LIVES.iter().for_each(|bytes| machine(bytes));
    HEADERS.iter().for_each(|bytes| header(bytes));
}

/// A seed of which some bytes are others.
fn mutated(seeds: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let changes = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    let more = proptest::collection::vec(any::<u8>(), 0..200);
    (prop::sample::select(seeds), changes, more).prop_map(|(seed, changes, more)| {
        let mut bytes = seed.to_vec();
        for (index, byte) in changes {
            if !bytes.is_empty() {
                let index = index.index(bytes.len());
                bytes[index] = byte;
            }
        }
        bytes.extend(more);
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_break_the_machine(bytes in mutated(LIVES)) {
        machine(&bytes);
    }

    #[test]
    fn no_bytes_break_the_header(bytes in mutated(HEADERS)) {
        header(&bytes);
    }
}
