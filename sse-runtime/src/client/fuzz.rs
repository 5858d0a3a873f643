//! What bytes may do to the parts that nobody outside sees: a plain function for each, which
//! says what is wrong. The targets of the fuzzer are in the tests of the workspace.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::{
    ClientConfig, Clock, IdForm, IdPolicy, Input, Judged, LastEventId, LocalError, ProtocolError,
    RedirectError, Request, Row, Rule, TransportError,
    drive::{Drive, WALL},
    retry_after::retry_after,
};
use crate::names::Reason;

/// Bytes as a life of a stream. The first four are the request and the configuration, then each
/// pair is something that happens and a number for it.
///
/// # Errors
///
/// What the state machine must never do, and did.
pub fn client_machine(bytes: &[u8]) -> Result<(), String> {
    let (setup, life) = bytes.split_at(bytes.len().min(4));
    let setup = [0, 1, 2, 3].map(|at| setup.get(at).copied().unwrap_or_default());
    let (config, request) = terms(setup);
    let mut client = Drive::new(config, request, Duration::ZERO);
    client.seed(u64::from(setup[3]));
    for pair in life.as_chunks::<2>().0 {
        let (now, connects) = (client.now, client.connects.len());
        happen(&mut client, *pair);
        let forward = client.now >= now;
        client.must(forward, "the time goes on");
        // A life is as short as its bytes, and so is what comes of each.
        let few = client.connects.len() <= connects + 8;
        client.must(few, "it does not ask again and again");
        let silent = client.machine.deadline().is_none() && !client.open;
        let over = client.stop.is_some();
        client.must(over == silent, "it is over, or something is still to come");
    }
    client.broken.map_or(Ok(()), Err)
}

/// What a stream is asked with, and what its client goes by.
fn terms([first, row, rule, _]: [u8; 4]) -> (ClientConfig, Request) {
    let flag = |bit: u8| first & (1 << bit) != 0;
    let request = Request {
        method: if flag(0) { Method::POST } else { Method::GET },
        resend: flag(1),
        finite: flag(2),
        hook: flag(3),
        positioned: flag(4),
    };
    let mut config = ClientConfig::new().standard(flag(5));
    if flag(6) {
        config = config.unlimited_attempts();
    }
    if flag(7) {
        let (event, first) = (Duration::from_secs(90), Duration::from_secs(40));
        config = config.unlimited_outage().event_timeout(event).first_event_timeout(first);
    }
    let rules = [Rule::Again, Rule::AgainUncharged, Rule::AskHeaders, Rule::Done, Rule::Fatal];
    if let Some(row) = Row::ALL.get(usize::from(row)) {
        config = config.on(*row, rules[usize::from(rule) % rules.len()]);
    }
    (config, request)
}

fn happen(client: &mut Drive, [what, number]: [u8; 2]) {
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
    let mut headers = HeaderMap::new();
    match what % 16 {
        0 => client.handle(Input::Dialling),
        1 if number > 200 => client.handle(Input::Accepted),
        1 => client.handle(Input::Connected),
        2 | 3 => {
            let stream = HeaderValue::from_static("text/event-stream");
            headers.insert(header::CONTENT_TYPE, stream);
            client.answer(StatusCode::OK, &headers);
        }
        4 => {
            let after = u64::from(number).pow(3);
            headers.insert(header::RETRY_AFTER, after.into());
            let status = StatusCode::from_u16(100 + u16::from(number) * 2);
            client.answer(status.unwrap_or_default(), &headers);
        }
        5 => client.handle(Input::Bytes(usize::from(number))),
        6 => client.handle(Input::Event { terminal: number > 240 }),
        7 => client.handle(Input::Moved { held: number & 1 == 0, control: number & 2 == 0 }),
        8 => client.handle(Input::Open { heartbeat: (number > 9).then_some(time) }),
        9 => {
            let reason = Reason::ALL.get(usize::from(number) % 14).copied();
            client.handle(Input::Bye { reason, retry: (number > 9).then_some(time) });
        }
        10 => client.handle(Input::Retry(1 << (number % 64))),
        11 => {
            let error = transport[usize::from(number) % transport.len()];
            client.handle(Input::Failed(error.into()));
        }
        12 if number > 128 => client.handle(Input::Failed(LocalError::OpenFiles.into())),
        12 => {
            let error = ProtocolError::Redirect(RedirectError::NoLocation);
            client.handle(Input::Failed(error.into()));
        }
        13 => client.handle(Input::End),
        14 if number > 250 => client.handle(Input::Cancelled),
        14 => client.sleep(time),
        _ => drop(client.wait()),
    }
}

/// Bytes as the headers of a refusal, one a line: `Retry-After`, what remains of a rate limit,
/// and when it is reset.
///
/// # Errors
///
/// What a client must never make of them, and did.
pub fn retry_header(bytes: &[u8]) -> Result<(), String> {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        if let Some(Ok(value)) = lines.next().map(HeaderValue::from_bytes) {
            headers.append(name, value);
        }
    }
    let wall = SystemTime::UNIX_EPOCH + WALL;
    let asked = retry_after(&headers, wall);
    let text = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    let text = text.unwrap_or_default().trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = Duration::from_secs(text.parse().unwrap_or(u64::MAX));
        holds(asked == Some(seconds), "seconds are seconds", &asked)?;
    }

    let config = ClientConfig::new().unlimited_attempts().unlimited_outage();
    let mut waits = Vec::new();
    for unit in [0.0, 0.5, 1.0] {
        let request = terms([0; 4]).1;
        let mut client = Drive::new(config.clone(), request, Duration::ZERO);
        client.fixed = Some(unit);
        client.answer(StatusCode::SERVICE_UNAVAILABLE, &headers);
        let wait = client.wait();
        client.broken.map_or(Ok(()), Err)?;
        waits.extend(wait);
        holds(client.connects.len() == 2, "it asks again", &waits)?;
    }
    // Five minutes are believed, and as much as half of it comes on top.
    let longest = Duration::from_secs(5 * 60);
    let least = asked.unwrap_or_default().min(longest);
    let kept = waits.iter().all(|wait| (least..=longest + longest / 2).contains(wait));
    holds(waits.len() == 3 && kept, "it keeps to what it was asked for", &(asked, &waits))?;
    holds(waits.is_sorted(), "who draws more waits longer", &waits)
}

/// Text as an id that a stream brings.
///
/// # Errors
///
/// What a client must never make of it, and did.
pub fn client_ids(raw: &str) -> Result<(), String> {
    let strict = |form, id: &str| IdPolicy::Strict.judge(form, id);
    for form in [IdForm::Ours, IdForm::Foreign] {
        let judged = strict(form, raw);
        check_judged(raw, &judged)?;
        if let Judged::Adopted(id) = &judged {
            holds(id.as_str() == raw, "no id is changed", &judged)?;
            let foreign = strict(IdForm::Foreign, raw);
            holds(foreign == judged, "ours can be sent back", &foreign)?;
        }
        #[cfg(feature = "clean-ids")]
        {
            let clean = |id: &str| IdPolicy::Clean.judge(form, id);
            let cleaned = clean(raw);
            check_judged(raw, &cleaned)?;
            if let Judged::Adopted(id) = &cleaned {
                let again = [clean(id.as_str()), strict(form, id.as_str())];
                holds(again.iter().all(|again| *again == cleaned), "it is clean now", &again)?;
            }
            if form == IdForm::Ours && matches!(judged, Judged::Adopted(_)) {
                holds(cleaned == judged, "an id of ours is clean", &cleaned)?;
            }
        }
    }
    Ok(())
}

fn check_judged(raw: &str, judged: &Judged) -> Result<(), String> {
    let is_empty = matches!(judged, Judged::Cleared);
    holds(is_empty == raw.is_empty(), "an empty id and no other clears", judged)?;
    match judged {
        Judged::Cleared => Ok(()),
        Judged::Adopted(id) => {
            let sent = id.header_value();
            let is_whole = sent.is_some_and(|value| value.as_bytes() == id.as_str().as_bytes());
            let is_read = LastEventId::try_from(id.as_str()).as_ref() == Ok(id);
            holds(is_whole && is_read, "what is adopted comes back", judged)
        }
        Judged::Refused(refused) => {
            let preview = refused.preview();
            let is_harmless =
                preview.len() <= 32 && preview.bytes().all(|b| (b' '..=b'~').contains(&b));
            holds(is_harmless, "what is shown of it does no harm", &preview)
        }
    }
}

fn holds(holds: bool, what: &str, found: &impl std::fmt::Debug) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("{what}: not {found:?}")) }
}
