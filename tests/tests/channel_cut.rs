//! Readers that are cut at any byte and come back with the id that they got last: everything
//! that is for them arrives, once, in order, and no position runs ahead of what they have read.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::time::Duration;

use axum::extract::State;
use futures_util::FutureExt as _;
use sse_runtime::{
    Channel, ChannelConfig, EventId, MergeError, Resume, SseEvent, Subscription, call, sse_handler,
};
use sse_tests::{parser::Parser, random::Random, stream::Chunks};
use tokio::time::{advance, sleep};

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "cut")]
enum CutEvent {
    Told {
        channel: usize,
        seq: u64,
        shown: bool,
    },
    #[sse(ephemeral)]
    Aside(u64),
}

type Channels = Vec<Channel<CutEvent>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// Half of the events are passed over.
    Filtered,
    /// What is passed over is not even mapped.
    Mapped,
    /// Three channels, the first of them filtered.
    Merged,
}

fn is_shown(event: &CutEvent) -> bool {
    matches!(event, CutEvent::Told { shown: true, .. } | CutEvent::Aside(_))
}

#[sse_handler]
async fn stream(
    State((channels, form)): State<(Channels, Form)>,
    resume: Resume,
) -> Result<Subscription<CutEvent>, MergeError> {
    let first = channels[0].subscribe(&resume);
    Ok(match form {
        Form::Plain => first,
        Form::Filtered => first.filter(is_shown),
        Form::Mapped => first.filter_map(|event| match *event {
            CutEvent::Told { channel, seq, shown: true } => {
                Some(CutEvent::Told { channel, seq, shown: true })
            }
            CutEvent::Told { .. } => None,
            CutEvent::Aside(seq) => Some(CutEvent::Aside(seq)),
        }),
        Form::Merged => Subscription::merge([
            first.filter(is_shown),
            channels[1].subscribe(&resume),
            channels[2].subscribe(&resume),
        ])?,
    })
}

struct Reader {
    form: Form,
    /// What it comes back with.
    id: String,
    /// The last event of each channel that it has seen.
    seen: Vec<u64>,
}

impl Reader {
    /// Whether an event of a channel is for it.
    fn is_due(&self, channel: usize, is_shown: bool) -> bool {
        is_shown || self.form == Form::Plain || (self.form == Form::Merged && channel > 0)
    }

    /// With the id that it got last; one that was cut before its first begins anew.
    fn comes_back(&mut self, all: &[Vec<bool>]) -> Resume {
        if self.id.is_empty() {
            self.seen = all.iter().map(|all| all.len() as u64).collect();
            return Resume::fresh();
        }
        Resume::after(&self.id.parse::<EventId>().unwrap())
    }

    /// Reads up to a cut: whole blocks count, and the rest is lost.
    fn reads(&mut self, text: &str, all: &[Vec<bool>]) {
        let parser = Parser::parse(text.as_bytes());
        let mut opened = false;
        for event in parser.events() {
            if event.name == "sse.open" {
                let word = if self.id.is_empty() { "fresh" } else { "exact" };
                let says = format!("{{\"resume\":\"{word}\",\"missed\":0,");
                assert!(event.data.starts_with(&says) && !opened, "{}", event.data);
                opened = true;
            }
            if event.name != "told" {
                continue;
            }
            let data: serde_json::Value = serde_json::from_str(&event.data).unwrap();
            let channel = usize::try_from(data["channel"].as_u64().unwrap()).unwrap();
            let seq = data["seq"].as_u64().unwrap();
            let due = (self.seen[channel] + 1..)
                .find(|&seq| self.is_due(channel, all[channel][usize::try_from(seq - 1).unwrap()]));
            assert_eq!(Some(seq), due, "of channel {channel}: {text}");
            self.seen[channel] = seq;
        }
        if !parser.last_event_id().is_empty() {
            parser.last_event_id().clone_into(&mut self.id);
        }
    }
}

async fn run(form: Form, seed: u64) {
    let config = || ChannelConfig::new().history(100_000).history_bytes(u64::MAX);
    let channels: Channels = (0..3).map(|_| Channel::with_config(config()).unwrap()).collect();
    let count = if form == Form::Merged { 3 } else { 1 };
    let mut random = Random::new(seed);
    let mut all = vec![Vec::new(); count];
    let mut reader = Reader { form, id: String::new(), seen: vec![0; count] };
    for _ in 0..60 {
        let resume = reader.comes_back(&all);
        let mut chunks = Chunks::of(call!(stream(State((channels.clone(), form)), resume)).await);
        let mut text = String::new();
        for _ in 0..random.below(30) {
            match random.below(8) {
                0..=3 => {
                    let (channel, shown) = (random.below(count), random.below(2) == 0);
                    all[channel].push(shown);
                    let seq = all[channel].len() as u64;
                    let event = CutEvent::Told { channel, seq, shown };
                    channels[channel].publish(&event).await.unwrap();
                }
                4 => {
                    let aside = CutEvent::Aside(random.below(100) as u64);
                    channels[random.below(count)].publish(&aside).await.unwrap();
                }
                // The linger, or a heartbeat.
                5 => sleep(Duration::from_millis(5)).await,
                6 => advance(Duration::from_secs(15)).await,
                _ => {}
            }
            if random.below(2) == 0 {
                while let Some(chunk) = chunks.next().now_or_never() {
                    text.push_str(&chunk.unwrap());
                }
            }
        }
        // Every other time it has read all of it, and else up to any byte.
        if random.below(2) == 0 {
            text.truncate(random.below(text.len() + 1));
        }
        reader.reads(&text, &all);
    }
    // At last it is there long enough for everything, and for the position of what it passed.
    let resume =
        reader.id.parse::<EventId>().map_or_else(|_| Resume::fresh(), |id| Resume::after(&id));
    let mut chunks = Chunks::of(call!(stream(State((channels.clone(), form)), resume)).await);
    let mut text = String::new();
    while !text.contains(": ping\n") {
        text.push_str(&chunks.next().await.unwrap());
    }
    reader.reads(&text, &all);
    for (channel, all) in all.iter().enumerate() {
        let seen = usize::try_from(reader.seen[channel]).unwrap();
        assert!(!all[seen..].iter().any(|&shown| reader.is_due(channel, shown)), "{text}");
    }
    let heads: String =
        channels[..count].iter().map(|c| c.position().id().as_str()[4..].to_owned()).collect();
    assert_eq!(reader.id, format!("evt_{heads}"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_or_repeated_by_cuts() {
    for form in [Form::Plain, Form::Filtered, Form::Mapped, Form::Merged] {
        for seed in 1..=60 {
            run(form, seed).await;
        }
    }
}
