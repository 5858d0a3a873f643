//! What holds whatever happens.

use std::time::Duration;

use proptest::prelude::*;

use super::driver::{Driver, get, ms, s};
use crate::{
    client::{ClientConfig, Input, TransportError},
    names::Reason,
};

/// What a network and a server do to a stream that never gets healthy.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Refused(u64),
    Slow,
    Busy(u64),
    AcceptAndCut(u64),
    Clock,
    Retry(u64),
    ByeError,
    Sleep(u64),
}

fn blow() -> impl Strategy<Value = Blow> {
    prop_oneof![
        (0..9_000_u64).prop_map(Blow::Refused),
        Just(Blow::Slow),
        any::<u64>().prop_map(Blow::Busy),
        (0..29_000_u64).prop_map(Blow::AcceptAndCut),
        Just(Blow::Clock),
        any::<u64>().prop_map(Blow::Retry),
        Just(Blow::ByeError),
        (0..100_000_u64).prop_map(Blow::Sleep),
    ]
}

/// Does it; how many charged failures it was.
fn strike(client: &mut Driver, blow: Blow) {
    match blow {
        Blow::Refused(after) => client.pass(ms(after)).fail(TransportError::Refused),
        Blow::Slow => client.pass(s(30)),
        Blow::Busy(after) => client.answer(503, &[("retry-after", &after.to_string())]),
        Blow::AcceptAndCut(after) => client.accept().pass(ms(after)).handle(Input::End),
        Blow::Clock => client.accept().sleep(s(120)),
        Blow::Retry(retry) => client.accept().handle(Input::Retry(retry)).handle(Input::End),
        Blow::ByeError => client.accept().bye(Reason::Error, None),
        Blow::Sleep(seconds) => client.sleep(s(seconds)),
    };
}

proptest! {
    #[test]
    fn no_outage_has_more_attempts_than_allowed_and_each_wait_is_within_bounds(
        blows in proptest::collection::vec(blow(), 1..60),
        attempts in 1..15_u32,
        seed: u64,
    ) {
        let config = ClientConfig::new().attempts(attempts).unlimited_outage();
        let mut client = Driver::new(config, get()).seed(seed);
        for blow in blows {
            let before = client.connects.len();
            strike(&mut client, blow);
            if client.stop.is_some() {
                break;
            }
            if client.connects.len() == before && !client.open {
                let wait = client.wait();
                prop_assert!(wait >= ms(10) && wait <= s(450), "{:?}", wait);
                prop_assert_eq!(client.connects.len(), before + 1, "a wait ends in an attempt");
            }
            prop_assert!(client.connects.len() <= attempts as usize);
        }
    }

    #[test]
    fn five_minutes_are_five_minutes_where_the_server_asks_for_nothing(
        blows in proptest::collection::vec((0..9_000_u64).prop_map(Blow::Refused), 1..60),
        seed: u64,
    ) {
        let mut client = Driver::new(ClientConfig::new().unlimited_attempts(), get()).seed(seed);
        for blow in blows {
            strike(&mut client, blow);
            if client.stop.is_some() {
                break;
            }
            client.wait();
            prop_assert!(client.now <= s(300));
        }
    }

    #[test]
    fn the_deadline_of_an_open_stream_never_goes_back(
        steps in proptest::collection::vec((0..40_000_u64, 0..3_u8), 1..50),
    ) {
        let mut client = Driver::new(ClientConfig::new().event_timeout(s(60)), get());
        client.accept();
        let mut last = Duration::ZERO;
        for (after, what) in steps {
            client.pass(ms(after));
            if !client.open || client.connects.len() > 1 {
                break;
            }
            match what {
                0 => client.handle(Input::Bytes(9)),
                1 => client.event(),
                _ => client.handle(Input::Retry(5)),
            };
            let deadline = client.machine.deadline().unwrap_or_default();
            prop_assert!(deadline >= last && deadline > client.now);
            last = deadline;
        }
    }

    #[test]
    fn a_clock_that_goes_back_changes_nothing(back in 0..1_000_u64) {
        let mut client = Driver::at(ClientConfig::new(), get(), s(1_000));
        client.accept().event();
        let deadline = client.machine.deadline();
        client.now = s(1_000).saturating_sub(s(back));
        let late = client.now;
        client.machine.handle(Input::Bytes(9), late, &mut || 0.5);
        prop_assert_eq!(client.machine.deadline(), deadline);
    }
}
