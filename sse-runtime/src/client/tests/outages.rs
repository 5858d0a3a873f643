//! What went wrong with other clients, and the promises about it.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::driver::{Driver, get, ms, post, s};
use crate::{
    client::{
        ClientConfig, ClientError, Clock, Failure, Input, ProtocolError, Row, Rule, Spent,
        StopReason, TransportError,
    },
    names::{ClientState, Reason},
};

/// A server that accepts, says `sse.open`, and closes at once, for a minute.
fn accept_and_close(config: ClientConfig, seed: u64, retry: Option<u64>) -> Driver {
    let mut client = Driver::new(config, get()).seed(seed);
    while client.stop.is_none() && client.now < s(60) {
        client.accept();
        client.handle(Input::Bytes(200)).handle(Input::Open { heartbeat: Some(s(15)) });
        client.handle(Input::Moved { held: true, control: true });
        if let Some(retry) = retry {
            client.handle(Input::Retry(retry));
        }
        client.handle(Input::End);
        if client.stop.is_none() {
            client.wait();
        }
    }
    client
}

#[test]
fn a_server_that_accepts_and_closes_is_asked_ten_times_in_the_first_minute_at_most() {
    for seed in 0..200 {
        for retry in [None, Some(0), Some(3_000), Some(u64::MAX)] {
            let client = accept_and_close(ClientConfig::new(), seed, retry);
            let within = client.connects.iter().filter(|(at, _)| *at < s(60)).count();
            assert!(within <= 10, "{within} connections with retry {retry:?}");
        }
        let client = accept_and_close(ClientConfig::new().unlimited_attempts(), seed, None);
        let within = client.connects.iter().filter(|(at, _)| *at < s(60)).count();
        assert!(within <= 10, "{within} connections without a limit");
    }
}

#[test]
fn a_healthy_quiet_stream_that_is_cut_every_minute_is_never_given_up() {
    // Every interval that a server of this crate may have, and one that it does not tell.
    for (told, beat) in [(true, 1), (true, 15), (true, 30), (true, 50), (false, 40)] {
        let mut client = Driver::new(ClientConfig::new(), get());
        while client.now < s(24 * 3600) {
            client.accept();
            let cut = client.now + s(60);
            let heartbeat = told.then_some(s(beat));
            client.handle(Input::Bytes(200)).handle(Input::Open { heartbeat });
            while client.now + s(beat) < cut {
                client.pass(s(beat)).handle(Input::Bytes(8)); // : ping
            }
            client.pass(cut - client.now).fail(TransportError::Reset);
            assert_eq!(client.stop, None, "at {:?}, with {beat} s", client.now);
            assert!(client.wait() <= ms(1_500));
        }
        assert!(client.connects.len() > 1_400);
    }
}

#[test]
fn a_half_open_connection_is_noticed_by_the_watchdog() {
    let mut client = Driver::new(ClientConfig::new(), get());
    client.accept().handle(Input::Bytes(200)).handle(Input::Open { heartbeat: Some(s(15)) });
    client.pass(s(40)).event();
    client.pass(ms(44_999));
    assert_eq!((client.state(), client.disconnects), (ClientState::Up, 0));
    client.pass(ms(1));
    assert_eq!((client.state(), client.disconnects), (ClientState::Reconnecting, 1));
    client.pass(s(2));
    assert_eq!(client.connects.len(), 2);
    assert_eq!(client.connects[1].1.why, Some(Row::Watchdog));
}

#[test]
fn the_clock_that_fired_is_named() {
    let fatal = |rows: &[Row]| {
        rows.iter().fold(ClientConfig::new(), |config, row| config.on(*row, Rule::Fatal))
    };
    let rows = [Row::ConnectClock, Row::HeadClock, Row::Watchdog];
    let mut client = Driver::new(fatal(&rows), get());
    client.handle(Input::Dialling).pass(s(10));
    client.assert_fatal(TransportError::Clock(Clock::Connect));

    let mut client = Driver::new(fatal(&rows), get());
    client.handle(Input::Dialling).pass(s(9)).handle(Input::Connected).pass(ms(29_999));
    assert_eq!(client.stop, None);
    client.pass(ms(1));
    client.assert_fatal(TransportError::Clock(Clock::Head));

    let mut client = Driver::new(fatal(&rows), get());
    client.accept().pass(s(120));
    client.assert_fatal(TransportError::Clock(Clock::Bytes));

    let mut client = Driver::new(fatal(&rows).event_timeout(s(60)), get());
    client.accept().event();
    for _ in 0..12 {
        client.pass(s(5)).handle(Input::Bytes(8));
    }
    client.assert_fatal(TransportError::Clock(Clock::Event));

    let mut client = Driver::new(fatal(&rows).first_event_timeout(s(5)), get());
    client.accept().handle(Input::Bytes(8)).pass(s(5));
    client.assert_fatal(TransportError::Clock(Clock::FirstEvent));
}

#[test]
fn retry_of_nothing_is_ten_milliseconds_and_of_all_time_five_minutes() {
    for (retry, least, most) in [(0, ms(10), ms(15)), (u64::MAX, s(150), s(450))] {
        let mut client = Driver::new(ClientConfig::new(), get());
        client.accept().event().handle(Input::Retry(retry)).handle(Input::End);
        let wait = client.wait();
        assert!(wait >= least && wait <= most, "{wait:?}");
        assert_eq!(client.connects.len(), 2);
        // It is kept when a connection succeeds.
        client.accept().event().handle(Input::End);
        let wait = client.wait();
        assert!(wait >= least && wait <= most, "{wait:?}");
    }
}

#[test]
fn a_night_in_which_the_laptop_slept_ends_with_one_reconnect() {
    let night = s(8 * 3600);
    // While the stream was up.
    let mut client = Driver::new(ClientConfig::new(), get());
    client.accept().event().sleep(night);
    assert_eq!(client.transitions.last().unwrap().why, Some(Row::Watchdog));
    assert!(client.wait() <= ms(1_500));
    // While it waited: the time is not charged to the outage.
    client.fail(TransportError::Unreachable).sleep(night);
    assert_eq!((client.stop.as_ref(), client.connects.len()), (None, 3));
    // While it connected: neither is it charged, nor is it how long connecting takes.
    client.handle(Input::Dialling).sleep(night);
    assert_eq!(client.stop, None);
    assert!(client.wait() <= s(20));
    client.sleep(night).fail(TransportError::Dns);
    assert_eq!(client.stop, None);
    client.wait();
    client.accept().event();
    assert_eq!(client.state(), ClientState::Up);
}

#[test]
fn an_outage_ends_after_ten_attempts_or_five_minutes() {
    for seed in 0..100 {
        let mut client = Driver::new(ClientConfig::new(), get()).seed(seed);
        while client.stop.is_none() {
            client.fail(TransportError::Refused);
            if client.stop.is_none() {
                client.wait();
            }
        }
        assert!(client.now <= s(300), "{:?}", client.now);
        assert!(client.connects.len() <= 10);
        assert!(client.spent().is_some());
        assert_eq!(client.state(), ClientState::Failed);
    }
    let mut client = Driver::new(ClientConfig::new(), get()).drawing(0.0);
    for _ in 0..9 {
        client.fail(TransportError::Refused).wait();
    }
    client.fail(TransportError::Refused);
    assert_eq!((client.spent(), client.connects.len()), (Some(Spent::Attempts), 10));
}

#[test]
fn unlimited_goes_on_for_days() {
    let config = ClientConfig::new().unlimited_attempts().unlimited_outage();
    let mut client = Driver::new(config, get());
    while client.now < s(3 * 24 * 3600) {
        client.fail(TransportError::Refused);
        assert!(client.wait() <= s(90));
    }
    assert_eq!(client.stop, None);
}

#[test]
fn a_connection_that_stands_is_not_charged_to_the_outage() {
    // Quiet, without a heartbeat, and asked not to mind.
    let mut client = Driver::new(ClientConfig::new().unlimited_silence(), get());
    client.accept().pass(s(3600)).handle(Input::End);
    assert_eq!(client.stop, None);
    client.wait();
    assert_eq!(client.connects.len(), 2);
}

#[test]
fn a_finite_stream_that_breaks_off_is_truncated() {
    for request in [get(), post()] {
        let request = crate::client::Request { finite: true, ..request };
        let mut client = Driver::new(ClientConfig::new(), request.clone());
        client.accept().event().handle(Input::End);
        client.assert_fatal(ProtocolError::Truncated { by: Some(TransportError::Cut) });
        assert_eq!(client.stop.as_ref().map(StopReason::reason), Some(Reason::Truncated));

        let mut client = Driver::new(ClientConfig::new(), request.clone());
        client.accept().event().pass(s(120));
        let by = Some(TransportError::Clock(Clock::Bytes));
        client.assert_fatal(ProtocolError::Truncated { by });

        let mut client = Driver::new(ClientConfig::new(), request);
        client.accept().event().handle(Input::Event { terminal: true }).handle(Input::End);
        assert_eq!(client.stop, Some(StopReason::Complete));
    }
}

#[test]
fn a_finite_stream_with_a_position_goes_on_from_there() {
    for request in [get(), post()] {
        let request = crate::client::Request { finite: true, ..request };
        let mut client = Driver::new(ClientConfig::new(), request);
        client.accept().handle(Input::Moved { held: true, control: true }).event();
        client.handle(Input::End).wait();
        assert_eq!((client.connects.len(), &client.stop), (2, &None));
        // The channel no longer knows it, and the stream begins anew.
        client.accept().handle(Input::Moved { held: false, control: true }).handle(Input::End);
        client.assert_fatal(ProtocolError::Truncated { by: Some(TransportError::Cut) });
    }
}

#[test]
fn a_post_is_not_sent_again_unless_asked_for_or_resumed_or_never_sent() {
    let cut = Failure::from(TransportError::Cut);
    let mut client = Driver::new(ClientConfig::new(), post());
    client.accept().event().handle(Input::End);
    let refused = StopReason::Failed(ClientError::NotSentAgain(cut));
    assert_eq!(client.stop, Some(refused));

    let asked = crate::client::Request { resend: true, ..post() };
    let mut client = Driver::new(ClientConfig::new(), asked);
    client.accept().event().handle(Input::End).wait();
    assert_eq!(client.connects.len(), 2);

    let mut client = Driver::new(ClientConfig::new(), post());
    client.accept().event().handle(Input::Moved { held: true, control: false });
    client.handle(Input::End).wait();
    assert_eq!(client.connects.len(), 2);
    // The position was emptied: what it could resume is not known any more.
    client.accept().handle(Input::Moved { held: false, control: true }).handle(Input::End);
    assert!(matches!(client.stop, Some(StopReason::Failed(ClientError::NotSentAgain(_)))));

    let mut client = Driver::new(ClientConfig::new(), post());
    client.fail(TransportError::Refused).wait();
    client.handle(Input::Dialling).fail(TransportError::Tls).wait();
    assert_eq!(client.connects.len(), 3);
    client.handle(Input::Dialling).handle(Input::Connected).fail(TransportError::Reset);
    assert!(matches!(client.stop, Some(StopReason::Failed(ClientError::NotSentAgain(_)))));
}

#[test]
fn a_post_that_was_turned_away_at_the_door_is_sent_with_new_headers_and_one_that_was_busy_is_not() {
    let hooked = crate::client::Request { hook: true, ..post() };
    let mut client = Driver::new(ClientConfig::new(), hooked);
    client.answer(401, &[]);
    assert_eq!(client.connects.len(), 2);
    client.answer(503, &[("retry-after", "1")]);
    assert!(matches!(client.stop, Some(StopReason::Failed(ClientError::NotSentAgain(_)))));
}
