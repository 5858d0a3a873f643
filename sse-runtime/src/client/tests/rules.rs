//! The rules of the WHATWG standard that are the machine's, in its strict mode, each by its
//! number in the list of the project: 12 to 13 and 15 to 23.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::driver::{Driver, get, ms, post, s};
use crate::{
    client::{
        ClientConfig, ClientError, Input, ProtocolError, RedirectError, Request, Row, ServerError,
        StopReason, TransportError,
    },
    names::{ClientState, Reason},
};

fn strict() -> Driver {
    Driver::new(ClientConfig::new().standard(true), get())
}

#[test]
fn rule_12_every_network_error_reestablishes_and_an_abort_does_not() {
    let errors = [
        TransportError::Dns,
        TransportError::Refused,
        TransportError::Reset,
        TransportError::Unreachable,
        TransportError::Tls,
        TransportError::Certificate,
        TransportError::Cut,
    ];
    let mut client = strict();
    for error in errors {
        client.fail(error);
        assert_eq!((client.wait(), client.stop.as_ref()), (s(3), None), "{error:?}");
    }
    client.fail(ProtocolError::Redirect(RedirectError::TooMany { followed: 10 })).wait();
    assert_eq!(client.connects.len(), 9);
    client.handle(Input::Cancelled);
    assert_eq!(client.stop, Some(StopReason::Closed));
}

#[test]
fn rule_13_another_status_or_content_type_fails_for_good() {
    for status in [201, 204, 206, 304, 401, 408, 429, 500, 502, 503, 504] {
        let mut client = strict();
        client.answer(status, &[("retry-after", "1"), ("content-type", "text/event-stream")]);
        client.assert_fatal(ServerError::Status(http::StatusCode::from_u16(status).unwrap()));
    }
    let mut client = strict();
    client.answer(200, &[("content-type", "text/plain")]);
    client.assert_fatal(ProtocolError::ContentType(Some("text/plain".into())));
}

#[test]
fn rule_14_a_good_head_announces_the_connection() {
    let mut client = strict();
    client.answer(200, &[("content-type", "text/event-stream; charset=utf-8")]);
    assert_eq!(client.state(), ClientState::Up);
}

#[test]
fn rule_15_the_end_of_the_body_reestablishes_for_ever() {
    let mut client = strict();
    for _ in 0..1_000 {
        client.accept().handle(Input::End);
        assert_eq!(client.wait(), s(3), "no backoff, no jitter");
    }
    assert_eq!((&client.stop, client.connects.len()), (&None, 1_001));
}

#[test]
fn rule_15_knows_no_finite_streams() {
    let finite = Request { finite: true, ..get() };
    let mut client = Driver::new(ClientConfig::new().standard(true), finite);
    client.accept().event().handle(Input::End).wait();
    assert_eq!(client.connects.len(), 2);
}

#[test]
fn rule_16_close_aborts_and_nothing_comes_after_it() {
    let mut client = strict();
    client.accept().handle(Input::Cancelled);
    assert_eq!((client.disconnects, client.state()), (1, ClientState::Closed));
    client.event().handle(Input::End).pass(s(60));
    assert_eq!((client.connects.len(), client.transitions.len()), (1, 3));
}

#[test]
fn rule_17_reestablishing_is_a_state_that_is_told_unless_closed() {
    let mut client = strict();
    client.accept().handle(Input::End);
    let last = client.transitions.last().unwrap();
    assert_eq!((last.to, last.why), (ClientState::Reconnecting, Some(Row::Cut)));
}

#[test]
fn rules_18_and_19_the_wait_is_the_reconnection_time() {
    let mut client = strict();
    client.accept().handle(Input::Retry(1_234)).handle(Input::End);
    assert_eq!(client.wait(), ms(1_234));
    client.fail(TransportError::Refused);
    assert_eq!(client.wait(), ms(1_234), "it is kept");
}

#[test]
fn rule_20_after_the_wait_it_goes_on_only_if_still_wanted() {
    let mut client = strict();
    client.accept().handle(Input::End).pass(s(2)).handle(Input::Cancelled).pass(s(60));
    assert_eq!((client.connects.len(), &client.stop), (1, &Some(StopReason::Closed)));
}

#[test]
fn rule_22_the_same_request_is_made_again() {
    let mut client = strict();
    client.accept().handle(Input::End).wait();
    let (first, second) = (client.connects[0].1, client.connects[1].1);
    assert_eq!((first.number, second.number, second.refused), (1, 2, false));
    // A POST, which the standard does not know, is not.
    let mut client = Driver::new(ClientConfig::new().standard(true), post());
    client.accept().handle(Input::End);
    assert!(matches!(client.stop, Some(StopReason::Failed(ClientError::NotSentAgain(_)))));
}

#[test]
fn rule_23_after_failing_there_is_no_reconnect() {
    let mut client = strict();
    client.answer(500, &[]).pass(s(24 * 3600));
    assert_eq!((client.state(), client.connects.len()), (ClientState::Failed, 1));
    assert_eq!(client.machine.deadline(), None);
}

#[test]
fn rule_46_what_is_no_part_of_the_standard_is_off() {
    let mut client = strict();
    client.accept().handle(Input::Open { heartbeat: Some(s(1)) }).pass(s(24 * 3600));
    assert_eq!(client.state(), ClientState::Up, "no watchdog");
    client.bye(Reason::Revoked, None).handle(Input::Event { terminal: true });
    assert_eq!((client.state(), &client.stop), (ClientState::Up, &None), "events mean nothing");
}
