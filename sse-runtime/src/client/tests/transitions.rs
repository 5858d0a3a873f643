//! The table of transitions, and the rows of the retry table in motion.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{sync::Arc, time::Duration};

use http::StatusCode;

use super::driver::{Driver, get, ms, s};
use crate::{
    client::{
        Action, ClientConfig, ClientError, EncodingError, Input, LocalError, Machine,
        ProtocolError, RedirectError, Request, RequestError, Row, Rule, ServerError, StateChange,
        StopReason, TransportError, WrongSource,
    },
    names::{ClientState, Reason},
};

fn states(client: &Driver) -> Vec<ClientState> {
    client.transitions.iter().map(|transition| transition.to).collect()
}

#[test]
fn the_states_of_a_life() {
    use ClientState::{Closed, Connecting, Reconnecting, Up};
    let mut client = Driver::new(ClientConfig::new(), get());
    assert_eq!(states(&client), [Connecting]);
    client.fail(TransportError::Refused).wait();
    assert_eq!(states(&client), [Connecting], "it was never up");
    client.accept();
    assert_eq!(states(&client), [Connecting, Up]);
    client.event().handle(Input::End);
    assert_eq!(states(&client), [Connecting, Up, Reconnecting]);
    assert_eq!(client.transitions.last().unwrap().why, Some(Row::Cut));
    client.wait();
    client.accept().bye(Reason::Complete, None);
    assert_eq!(states(&client), [Connecting, Up, Reconnecting, Up, Closed]);
    assert_eq!(client.stop, Some(StopReason::Complete));
    let numbers: Vec<u64> = client.connects.iter().map(|(_, attempt)| attempt.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn cancelling_frees_what_is_open_in_every_state() {
    for before in 0..5 {
        let mut client = Driver::new(ClientConfig::new(), get());
        let client = match before {
            0 => &mut client,
            1 => client.handle(Input::Dialling),
            2 => client.accept(),
            3 => client.accept().event(),
            _ => client.fail(TransportError::Dns),
        };
        client.handle(Input::Cancelled);
        assert_eq!(client.stop, Some(StopReason::Closed), "in state {before}");
        assert!(!client.open && client.machine.deadline().is_none());
        assert_eq!(client.state(), ClientState::Closed);
        // What comes late changes nothing.
        client.accept().event().fail(TransportError::Reset).pass(s(3600));
        assert_eq!((&client.stop, client.connects.len()), (&Some(StopReason::Closed), 1));
    }
}

#[test]
fn every_row_does_what_its_rule_says() {
    let hooked = Request { hook: true, ..get() };
    for row in Row::ALL {
        for rule in [Rule::Again, Rule::AgainUncharged, Rule::AskHeaders, Rule::Done, Rule::Fatal] {
            let config = ClientConfig::new().attempts(1).on(*row, rule);
            let mut client = Driver::new(config, hooked.clone());
            provoke(&mut client, *row);
            let connects = |client: &mut Driver| {
                if client.stop.is_none() && client.connects.len() == 1 {
                    client.wait();
                }
                client.connects.len()
            };
            match rule {
                // The one attempt that is allowed has been used.
                Rule::Again => assert!(client.spent().is_some(), "{row}"),
                Rule::AgainUncharged => assert_eq!(connects(&mut client), 2, "{row}"),
                Rule::AskHeaders => {
                    assert_eq!(connects(&mut client), 2, "{row}");
                    assert!(client.connects[1].1.refused);
                    provoke(&mut client, *row);
                    let stop = &client.stop;
                    assert!(matches!(stop, Some(StopReason::Failed(ClientError::Fatal(_)))));
                }
                Rule::Done => assert_eq!(client.stop, Some(StopReason::Complete), "{row}"),
                Rule::Fatal => {
                    let stop = &client.stop;
                    assert!(matches!(stop, Some(StopReason::Failed(ClientError::Fatal(_)))));
                }
            }
        }
    }
}

/// Makes happen what the row says.
fn provoke(client: &mut Driver, row: Row) {
    let reasons = Reason::ALL.iter().copied();
    let mut reasons = reasons.filter(|reason| *reason != Reason::Truncated);
    if let Some(reason) = reasons.find(|reason| Row::of_bye(Some(*reason)) == row) {
        client.accept().bye(reason, Some(s(1)));
        return;
    }
    match row {
        Row::Dns => client.fail(TransportError::Dns),
        Row::Refused => client.fail(TransportError::Refused),
        Row::Reset => client.handle(Input::End),
        Row::Unreachable => client.fail(TransportError::Unreachable),
        Row::Tls => client.fail(TransportError::Tls),
        Row::ConnectClock => client.handle(Input::Dialling).sleep(s(10)),
        Row::HeadClock => client.sleep(s(30)),
        Row::Watchdog => client.accept().sleep(s(120)),
        Row::Cut => client.accept().handle(Input::End),
        Row::Certificate => client.fail(TransportError::Certificate),
        Row::Url => client.fail(RequestError::Url("relative".into())),
        Row::Redirects => {
            client.fail(ProtocolError::Redirect(RedirectError::TooMany { followed: 10 }))
        }
        Row::Encoding => {
            let error = EncodingError::Unknown("br".into());
            client.accept().fail(ProtocolError::Encoding(error))
        }
        Row::Source => {
            let (expected, found, event) = (vec!["inventory"], None, None);
            client.accept().fail(ProtocolError::Source(WrongSource { expected, found, event }))
        }
        Row::NotOpened => client.accept().fail(ProtocolError::NotOpened),
        Row::Redirect => client.answer(304, &[]),
        Row::Transient => client.answer(503, &[]),
        Row::ServerError => client.answer(500, &[]),
        Row::Unauthorized => client.answer(401, &[]),
        Row::ClientError => client.answer(404, &[]),
        Row::Success => client.answer(206, &[]),
        Row::NoContent => client.answer(204, &[]),
        Row::ContentType => client.answer(200, &[("content-type", "text/html")]),
        Row::Truncated => client.accept().bye(Reason::Truncated, None),
        Row::Local => client.fail(LocalError::Headers),
        other => panic!("{other} is the row of a reason"),
    };
}

#[test]
fn retry_after_is_the_least_wait_and_costs_no_time() {
    let answers: [&[(&str, &str)]; 3] = [
        &[("retry-after", "300")],
        &[("retry-after", "Tue, 14 Nov 2023 22:18:20 GMT")],
        &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "99999")],
    ];
    for headers in answers {
        let mut client = Driver::new(ClientConfig::new(), get());
        for _ in 0..9 {
            client.answer(503, headers);
            let wait = client.wait();
            assert!(wait >= s(300) && wait <= s(450), "{wait:?}");
        }
        client.answer(429, headers);
        assert!(client.spent().is_some(), "attempts are charged");
    }
    let mut client = Driver::new(ClientConfig::new(), get());
    client.answer(404, &[("retry-after", "1")]);
    client.assert_fatal(ServerError::Status(StatusCode::NOT_FOUND));
}

#[test]
fn a_thousand_clients_that_were_told_the_same_come_back_apart() {
    let mut seconds = std::collections::BTreeMap::<u64, usize>::new();
    for seed in 0..1_000 {
        let mut client = Driver::new(ClientConfig::new(), get()).seed(seed);
        client.answer(503, &[("retry-after", "60")]);
        *seconds.entry(client.wait().as_secs()).or_default() += 1;
    }
    assert!(seconds.keys().all(|second| (60..=90).contains(second)), "{seconds:?}");
    let most = seconds.values().max().copied().unwrap_or_default();
    assert!(seconds.len() >= 29 && most < 80, "{seconds:?}");
}

#[test]
fn a_bye_waits_for_its_retry_and_is_not_charged() {
    let mut client = Driver::new(ClientConfig::new(), get());
    for _ in 0..100 {
        client.accept().event().bye(Reason::Rotated, Some(s(3)));
        let wait = client.wait();
        assert!(wait >= s(3) && wait <= ms(4_500), "{wait:?}");
    }
    assert_eq!(client.stop, None);
}

#[test]
fn a_bye_to_everybody_who_comes_is_no_hot_loop() {
    let mut client = Driver::new(ClientConfig::new(), get());
    while client.now < s(600) {
        client.accept();
        client.handle(Input::Retry(0)).bye(Reason::Limit, Some(s(0)));
        client.wait();
    }
    assert!(client.connects.len() < 40, "{} connections", client.connects.len());
    assert_eq!(client.stop, None);
}

#[test]
fn the_hook_is_asked_once_until_the_stream_is_healthy_again() {
    let mut client = Driver::new(ClientConfig::new(), Request { hook: true, ..get() });
    client.answer(401, &[]);
    assert_eq!((client.connects.len(), client.now), (2, s(0)), "at once");
    assert!(client.connects[1].1.refused);
    client.accept().event().handle(Input::End).wait();
    assert!(!client.connects[2].1.refused);
    client.answer(401, &[]);
    assert_eq!(client.connects.len(), 4);
    client.accept().handle(Input::End).wait(); // a bare 200 is no health
    client.answer(401, &[]);
    client.assert_fatal(ServerError::Status(StatusCode::UNAUTHORIZED));

    let mut client = Driver::new(ClientConfig::new(), get());
    client.answer(401, &[]);
    client.assert_fatal(ServerError::Status(StatusCode::UNAUTHORIZED));
}

#[test]
fn an_outage_is_over_by_an_event_a_moved_id_or_bytes_that_still_come_and_by_nothing_else() {
    type Sign = fn(&mut Driver) -> &mut Driver;
    let signs: [(Sign, bool); 8] = [
        (|client| client.event(), true),
        (|client| client.handle(Input::Moved { held: true, control: false }), true),
        (|client| client.pass(s(30)).handle(Input::Bytes(8)), true),
        (|client| client, false),
        (|client| client.handle(Input::Moved { held: true, control: true }), false),
        (|client| client.handle(Input::Moved { held: false, control: false }), false),
        (|client| client.handle(Input::Open { heartbeat: Some(s(15)) }), false),
        (|client| client.pass(s(29)).handle(Input::Bytes(8)), false),
    ];
    for (index, (sign, healthy)) in signs.into_iter().enumerate() {
        let config = ClientConfig::new().attempts(3);
        let mut client = Driver::new(config, get()).drawing(0.5);
        client.fail(TransportError::Refused).wait();
        client.accept();
        sign(&mut client);
        client.handle(Input::End);
        let wait = client.wait();
        assert_eq!(wait, if healthy { s(1) } else { s(2) }, "sign {index}");
    }
}

#[test]
fn an_announced_heartbeat_is_what_health_and_the_watchdog_go_by_within_reason() {
    let announced = |beat| {
        let mut client = Driver::new(ClientConfig::new(), get()).drawing(0.5);
        client.fail(TransportError::Refused).wait();
        client.accept().handle(Input::Open { heartbeat: Some(beat) });
        client
    };
    let mut client = announced(s(5));
    client.pass(s(10)).handle(Input::Bytes(8)).handle(Input::End);
    assert_eq!(client.wait(), s(1), "healthy after two heartbeats");
    // A server that says nothing sensible does not make the watchdog useless.
    for (beat, silence) in [(s(0), s(3)), (Duration::MAX, s(30 * 60))] {
        let client = announced(beat);
        assert_eq!(client.machine.deadline(), Some(client.now + silence));
    }
}

#[test]
fn a_slow_network_is_given_time() {
    let mut client = Driver::new(ClientConfig::new(), get()).drawing(0.5);
    client.handle(Input::Dialling).pass(s(9)).handle(Input::Connected);
    client.accept().event().handle(Input::End);
    assert_eq!(client.wait(), s(18));
}

#[test]
fn an_end_of_access_in_band_waits_like_everything_else() {
    let mut client = Driver::new(ClientConfig::new(), Request { hook: true, ..get() });
    client.accept().event().bye(Reason::Expired, None);
    assert_eq!(client.connects.len(), 1, "a server could say so after each event");
    assert!(client.wait() >= ms(500));
    assert!(client.connects[1].1.refused);
}

#[test]
fn what_was_never_begun_is_not_ended() {
    let mut machine = Machine::new(Arc::new(ClientConfig::new()), get(), s(0));
    machine.handle(Input::Cancelled, s(0), &mut || 0.5);
    let changed = StateChange { from: None, to: ClientState::Closed, why: None };
    assert_eq!(machine.poll(s(0), &mut || 0.5), Action::Changed(changed));
    assert_eq!(machine.poll(s(0), &mut || 0.5), Action::Stop(StopReason::Closed));
}
