//! Positions that readers come back with, through a handler: whatever they send, they get what
//! comes after a position that was given to them, or are told what is gone, and nothing else.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::ops::Range;

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderValue, Request},
    routing::get,
};
use futures_util::FutureExt as _;
use sse_runtime::{
    Channel, ChannelConfig, MergeError, Position, ResetReason, Resume, Resumed, SseEvent,
    Subscription, sse_handler,
};
use sse_tests::{random::Random, stream::Chunks};
use tower::ServiceExt as _;

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "cursor")]
enum CursorEvent {
    /// The number of its channel, and its own.
    Told { channel: usize, seq: u64 },
}

type Channels = Vec<Channel<CursorEvent>>;

#[sse_handler]
async fn merged(
    State(channels): State<Channels>,
    resume: Resume,
) -> Result<Subscription<CursorEvent>, MergeError> {
    Subscription::merge(channels.iter().map(|channel| channel.subscribe(&resume)))
}

/// How many events each channel has had, and how many of them it keeps.
const HEAD: u64 = 10;
const KEPT: u64 = 5;

/// Channels, and what their positions are.
struct Stream {
    router: Router,
    /// Of each channel: the 24 characters of each position, that of the empty log first.
    positions: Vec<Vec<String>>,
}

/// What becomes of a position in one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Fresh,
    /// Goes on after this one.
    Exact(u64),
    Gap(u64),
    Reset(&'static str),
}

impl Answer {
    const fn word(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Exact(_) => "exact",
            Self::Gap(_) => "gap",
            Self::Reset(_) => "reset",
        }
    }

    const fn missed(self) -> u64 {
        if let Self::Gap(missed) = self { missed } else { 0 }
    }

    const fn reason(self) -> Option<&'static str> {
        if let Self::Reset(reason) = self { Some(reason) } else { None }
    }

    /// The events that are sent again.
    fn replay(self) -> Range<u64> {
        let from = match self {
            Self::Fresh | Self::Reset(_) => HEAD + 1,
            Self::Exact(seq) => seq + 1,
            Self::Gap(_) => HEAD - KEPT + 1,
        };
        from..HEAD + 1
    }

    fn rank(self) -> usize {
        ["fresh", "exact", "gap", "reset"].iter().position(|word| *word == self.word()).unwrap()
    }
}

/// One part of a cursor.
struct Part<'a> {
    epoch: &'a str,
    seq: u128,
    tag: &'a str,
}

/// The parts of what a reader sent, if it is an id of one to five positions of different logs.
fn parts(sent: &str) -> Option<Vec<Part<'_>>> {
    let digits = sent.strip_prefix("evt_")?;
    let is_digits = digits.chars().all(|c| c.is_ascii_alphanumeric());
    let count = digits.len() / 24;
    if !is_digits || digits.len() % 24 != 0 || !(1..=5).contains(&count) {
        return None;
    }
    let value = |c| ('0'..='9').chain('A'..='Z').chain('a'..='z').position(|digit| digit == c);
    let seq =
        |digits: &str| digits.chars().fold(0, |seq: u128, c| seq * 62 + value(c).unwrap() as u128);
    let parts: Vec<Part<'_>> = (0..count)
        .map(|at| &digits[24 * at..24 * (at + 1)])
        .map(|part| Part { epoch: &part[..8], seq: seq(&part[8..19]), tag: &part[19..] })
        .collect();
    let is_twice = |part: &Part<'_>| parts.iter().filter(|p| p.epoch == part.epoch).count() > 1;
    let is_good = parts.iter().all(|part| part.seq <= u64::MAX.into() && !is_twice(part));
    is_good.then_some(parts)
}

fn by_header(sent: &[u8]) -> Request<Body> {
    let sent = HeaderValue::from_bytes(sent).unwrap();
    Request::get("/").header("last-event-id", sent).body(Body::empty()).unwrap()
}

fn by_query(sent: &[u8]) -> Request<Body> {
    let sent: String = sent.iter().map(|byte| format!("%{byte:02x}")).collect();
    Request::get(format!("/?last_event_id={sent}")).body(Body::empty()).unwrap()
}

impl Stream {
    async fn new(channels: usize) -> Self {
        let config = || ChannelConfig::new().history(KEPT);
        let channels: Channels =
            (0..channels).map(|_| Channel::with_config(config()).unwrap()).collect();
        let digits = |position: Position| position.id().as_str()[4..].to_owned();
        let mut positions = Vec::new();
        for (at, channel) in channels.iter().enumerate() {
            let mut of_this = vec![digits(channel.position())];
            for seq in 1..=HEAD {
                let event = CursorEvent::Told { channel: at, seq };
                of_this.push(digits(channel.publish(&event).await.unwrap().position));
            }
            positions.push(of_this);
        }
        let router = Router::new().route("/", get(merged)).with_state(channels);
        Self { router, positions }
    }

    fn id(&self, parts: &[(usize, u64)]) -> String {
        let part = |&(channel, seq): &(usize, u64)| {
            self.positions[channel][usize::try_from(seq).unwrap()].as_str()
        };
        format!("evt_{}", parts.iter().map(part).collect::<String>())
    }

    /// What the rules say.
    fn expected(&self, sent: &[u8]) -> Vec<Answer> {
        let all = |answer| vec![answer; self.positions.len()];
        if sent.is_empty() {
            return all(Answer::Fresh);
        }
        let Some(parts) = std::str::from_utf8(sent).ok().and_then(parts) else {
            return all(Answer::Reset("invalid"));
        };
        let epoch = |channel: &Vec<String>| channel[0][..8].to_owned();
        let is_known = |part: &Part<'_>| self.positions.iter().any(|c| epoch(c) == part.epoch);
        let has_orphan = !parts.iter().all(is_known);
        let answer = |channel: &Vec<String>| {
            let Some(part) = parts.iter().find(|part| part.epoch == epoch(channel)) else {
                return if has_orphan { Answer::Reset("epoch") } else { Answer::Fresh };
            };
            if part.seq > HEAD.into() {
                return Answer::Reset("ahead");
            }
            let (seq, oldest) = (u64::try_from(part.seq).unwrap(), HEAD - KEPT + 1);
            let tag = &channel[usize::try_from(seq).unwrap()][19..];
            if seq + 1 >= oldest && tag != part.tag {
                return Answer::Reset("diverged");
            }
            if seq + 1 < oldest { Answer::Gap(oldest - seq - 1) } else { Answer::Exact(seq) }
        };
        self.positions.iter().map(answer).collect()
    }

    /// Sends a position in both ways, and holds the answers against the rules.
    async fn check(&self, sent: &[u8]) -> Vec<Answer> {
        let expected = self.expected(sent);
        for request in [by_header(sent), by_query(sent)] {
            self.check_request(request, sent, &expected).await;
        }
        expected
    }

    async fn check_request(&self, request: Request<Body>, sent: &[u8], expected: &[Answer]) {
        let shown = String::from_utf8_lossy(sent).into_owned();
        let mut chunks = Chunks::of(self.router.clone().oneshot(request).await);
        let open = chunks.next().await.unwrap();
        let data = open.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let worst = expected.iter().copied().max_by_key(|answer| answer.rank()).unwrap();
        assert_eq!(data["resume"], worst.word(), "{shown}: {open}");
        if worst.word() == "reset" {
            let reasons = expected.iter().filter_map(|answer| answer.reason());
            assert!(reasons.into_iter().any(|reason| data["reason"] == reason), "{shown}: {open}");
        } else {
            let missed: u64 = expected.iter().map(|answer| answer.missed()).sum();
            assert_eq!(data["missed"], missed, "{shown}: {open}");
            assert!(data["reason"].is_null(), "{shown}: {open}");
        }
        if let Some(channels) = data["channels"].as_array() {
            assert_eq!(channels.len(), expected.len());
            for (channel, answer) in channels.iter().zip(expected) {
                assert_eq!(channel["resume"], answer.word(), "{shown}: {open}");
                assert_eq!(channel["missed"], answer.missed(), "{shown}: {open}");
                assert_eq!(channel["reason"].as_str(), answer.reason(), "{shown}: {open}");
            }
        } else {
            assert_eq!(expected.len(), 1);
        }
        // Where it stands now, and what is sent again.
        let before = |answer: &Answer| answer.replay().start - 1;
        let stands_at: Vec<_> = expected.iter().map(before).enumerate().collect();
        assert!(open.starts_with(&format!("id: {}\n", self.id(&stands_at))), "{shown}: {open}");
        let mut replay = String::new();
        while let Some(chunk) = chunks.next().now_or_never() {
            replay.push_str(&chunk.unwrap());
        }
        for (channel, answer) in expected.iter().enumerate() {
            let begin = format!("data: {{\"channel\":{channel},\"seq\":");
            let seqs = replay.lines().filter_map(|line| line.strip_prefix(&*begin));
            let seqs: Vec<u64> =
                seqs.map(|seq| seq.trim_end_matches('}').parse().unwrap()).collect();
            assert_eq!(seqs, answer.replay().collect::<Vec<_>>(), "{shown}: {open}{replay}");
        }
        let mut ids = replay.lines().filter_map(|line| line.strip_prefix("id: "));
        if let Some(last) = ids.next_back() {
            let heads: Vec<_> = (0..expected.len()).map(|channel| (channel, HEAD)).collect();
            assert_eq!(last, self.id(&heads));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_channel_answers_by_the_rules() {
    let stream = Stream::new(1).await;
    let other = Stream::new(1).await;
    let with = |seq: u64, digits: &str, at: usize| {
        let mut id = stream.id(&[(0, seq)]);
        id.replace_range(4 + at..4 + at + digits.len(), digits);
        id
    };
    for (sent, answer) in [
        (String::new(), Answer::Fresh),
        (stream.id(&[(0, 0)]), Answer::Gap(5)),
        (stream.id(&[(0, 4)]), Answer::Gap(1)),
        (stream.id(&[(0, 5)]), Answer::Exact(5)),
        (stream.id(&[(0, HEAD)]), Answer::Exact(HEAD)),
        // Of a channel of another name, tenant or time.
        (other.id(&[(0, HEAD)]), Answer::Reset("epoch")),
        (other.id(&[(0, 0)]), Answer::Reset("epoch")),
        // After the newest: just so, and as far as it goes.
        (with(HEAD, "0000000000B", 8), Answer::Reset("ahead")),
        (with(HEAD, "LygHa16AHYF", 8), Answer::Reset("ahead")),
        // One more than there are numbers.
        (with(HEAD, "LygHa16AHYG", 8), Answer::Reset("invalid")),
        // Another event had this number.
        (with(HEAD, "-----", 19), Answer::Reset("invalid")),
        (with(HEAD, "zzzzz", 19), Answer::Reset("diverged")),
        (with(5, "zzzzz", 19), Answer::Reset("diverged")),
        // Whose tag is not known any more.
        (with(4, "zzzzz", 19), Answer::Gap(1)),
        // Among positions of other channels.
        (format!("{}{}", other.id(&[(0, 3)]), &stream.id(&[(0, 7)])[4..]), Answer::Exact(7)),
        (stream.id(&[(0, 7), (0, 7)]), Answer::Reset("invalid")),
        (stream.id(&[(0, 7); 6]), Answer::Reset("invalid")),
        ("evt_terminal0000000000000000".into(), Answer::Reset("epoch")),
        ("evt_".into(), Answer::Reset("invalid")),
        ("evt_12345678".into(), Answer::Reset("invalid")),
        ("order 17".into(), Answer::Reset("invalid")),
        (" ".into(), Answer::Reset("invalid")),
    ] {
        assert_eq!(stream.check(sent.as_bytes()).await, [answer], "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_channels_answer_each_for_itself() {
    use Answer::{Exact, Fresh, Gap, Reset};
    let stream = Stream::new(3).await;
    let other = Stream::new(1).await.id(&[(0, 3)]);
    let and_other = |parts: &[(usize, u64)]| format!("{}{}", stream.id(parts), &other[4..]);
    for (sent, answers) in [
        (stream.id(&[(0, 7), (1, 8), (2, 9)]), [Exact(7), Exact(8), Exact(9)]),
        // The order is nothing to go by.
        (stream.id(&[(2, 9), (0, 7), (1, 8)]), [Exact(7), Exact(8), Exact(9)]),
        (stream.id(&[(2, 1), (1, 2), (0, 9)]), [Exact(9), Gap(3), Gap(4)]),
        // A channel was added to the stream.
        (stream.id(&[(1, 8), (2, 9)]), [Fresh, Exact(8), Exact(9)]),
        (stream.id(&[(1, 2)]), [Fresh, Gap(3), Fresh]),
        // One was taken away.
        (and_other(&[(0, 7), (1, 8), (2, 9)]), [Exact(7), Exact(8), Exact(9)]),
        // One was made anew: what is not known to the reader may be what became of it.
        (and_other(&[(0, 7), (1, 8)]), [Exact(7), Exact(8), Reset("epoch")]),
        (other.clone(), [Reset("epoch"); 3]),
        // What cannot be read as a whole resets all.
        (stream.id(&[(0, 7), (1, 8), (0, 7)]), [Reset("invalid"); 3]),
        (stream.id(&[(0, 7), (1, 8), (0, 8)]), [Reset("invalid"); 3]),
        (stream.id(&[(0, 7), (1, 8), (2, 9), (0, 7), (1, 8), (2, 9)]), [Reset("invalid"); 3]),
        (format!("{}x", stream.id(&[(0, 7), (1, 8), (2, 9)])), [Reset("invalid"); 3]),
        (String::new(), [Fresh; 3]),
    ] {
        assert_eq!(stream.check(sent.as_bytes()).await, answers, "{sent}");
    }
}

/// A handler that resumes one of its channels alone, and begins with it or with the other.
async fn half(channels: &Channels, resume: Resume, is_first: bool) -> String {
    let mut of_each = [resume, Resume::fresh()];
    if !is_first {
        of_each.reverse();
    }
    let subscriptions = channels.iter().zip(of_each).map(|(channel, of)| channel.subscribe(of));
    let resumed = Subscription::merge(subscriptions).unwrap().resumed();
    let reason = resumed.reason().map(|reason| format!(" {}", reason.as_str()));
    format!("{}{}", resumed.outcome().as_str(), reason.unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_the_handler_did_not_resume_is_no_exact_one() {
    let channels: Channels = (0..2).map(|_| Channel::new()).collect();
    let [a, b] = [&channels[0], &channels[1]];
    let both = |a: Position, b: Position| {
        let id = format!("{a}{}", &b.id().as_str()[4..]);
        Resume::after(&id.parse().unwrap())
    };
    let seen = both(a.position(), b.position());
    for (at, channel) in channels.iter().enumerate() {
        channel.publish(&CursorEvent::Told { channel: at, seq: 1 }).await.unwrap();
    }
    for is_first in [true, false] {
        // Nobody looked at the position in the other: what came there is not served.
        assert_eq!(half(&channels, seen.clone(), is_first).await, "reset no_log");
        assert_eq!(half(&channels, Resume::fresh(), is_first).await, "fresh");
        // It was not there before.
        let resumed = if is_first { a } else { b };
        let alone = Resume::after(&resumed.position().id());
        assert_eq!(half(&channels, alone, is_first).await, "exact");
        // It may be what became of one that is gone.
        let gone = Channel::<CursorEvent>::new().position();
        let with_gone = both(resumed.position(), gone);
        assert_eq!(half(&channels, with_gone, is_first).await, "reset epoch");
    }
}

#[tokio::test(start_paused = true)]
async fn each_channel_goes_by_the_position_that_it_was_given() {
    let channels: Channels = (0..2).map(|_| Channel::new()).collect();
    let gone = Channel::<CursorEvent>::new().position();
    for at in 0..2 {
        let resume = |of: usize| {
            let position = if of == at { gone } else { channels[of].position() };
            Resume::after(&position.id())
        };
        let of_each = (0..2).map(|of| channels[of].subscribe(resume(of)));
        let resumed = Subscription::merge(of_each).unwrap().resumed();
        assert_eq!(resumed, Resumed::Reset(ResetReason::Epoch));
    }
}

const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Something like a position, or nothing like one.
fn anything(stream: &Stream, random: &mut Random) -> Vec<u8> {
    let real = |random: &mut Random| {
        let channel = random.below(stream.positions.len());
        stream.positions[channel][random.below(stream.positions[channel].len())].clone()
    };
    let mut sent: Vec<u8> = b"evt_".to_vec();
    match random.below(8) {
        // Bytes that a header can hold.
        0 => {
            let held = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
            let held: Vec<u8> = (0..=u8::MAX).filter(|&byte| held(byte)).collect();
            sent.truncate(random.below(5));
            let length = random.below(150);
            sent.extend((0..length).map(|_| random.of(&held)));
        }
        // Letters and digits, as many as positions have, or about as many.
        1 | 2 => {
            let length = 24 * (1 + random.below(6)) + random.of(&[0, 0, 0, 1, 23]);
            sent.extend((0..length).map(|_| random.of(DIGITS)));
        }
        // Real positions in any number and order, with others between them.
        3 | 4 => {
            for _ in 0..=random.below(6) {
                let mut part = real(random).into_bytes();
                if random.below(4) == 0 {
                    (0..8).for_each(|at| part[at] = random.of(DIGITS));
                }
                sent.append(&mut part);
            }
        }
        // One or several with a few changes.
        _ => {
            for _ in 0..=random.below(3) {
                sent.extend(real(random).into_bytes());
            }
            for _ in 0..=random.below(3) {
                let at = random.below(sent.len());
                match random.below(6) {
                    0 => drop(sent.remove(at)),
                    1 => sent.insert(at, random.of(DIGITS)),
                    2 => sent[at..].reverse(),
                    // Where the number and the tag are.
                    _ => {
                        let at = sent.len().saturating_sub(1 + random.below(16));
                        sent[at] = random.of(DIGITS);
                    }
                }
            }
        }
    }
    sent
}

/// How often each answer was given.
async fn check_anything(channels: usize, seed: u64, count: usize) -> [usize; 4] {
    let stream = Stream::new(channels).await;
    let mut random = Random::new(seed);
    let mut answers = [0; 4];
    for _ in 0..count {
        let sent = anything(&stream, &mut random);
        let expected = stream.expected(&sent);
        let request = if random.below(2) == 0 { by_header(&sent) } else { by_query(&sent) };
        stream.check_request(request, &sent, &expected).await;
        for answer in expected {
            answers[answer.rank()] += 1;
        }
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn whatever_is_sent_to_one_channel_earns_no_replay_that_it_should_not() {
    let [_, exact, gap, reset] = check_anything(1, 1, 50_000).await;
    assert!(exact > 1_000 && gap > 1_000 && reset > 10_000, "{exact} {gap} {reset}");
}

#[tokio::test(start_paused = true)]
async fn whatever_is_sent_to_several_channels_earns_no_replay_that_it_should_not() {
    let [fresh, exact, gap, reset] = check_anything(3, 2, 50_000).await;
    assert!(fresh > 1_000 && exact > 1_000 && gap > 1_000 && reset > 10_000);
}
