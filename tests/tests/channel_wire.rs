//! What a channel puts on the wire, to the byte.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use axum::{Router, extract::State, routing::get};
use futures_util::{
    FutureExt as _,
    stream::{self, Stream},
};
use sse_runtime::{
    Channel, ChannelConfig, Drain, EndSlow, EventId, MergeError, Position, Resume, SseEvent,
    Subscription, UnknownEvent, call, sse_handler,
};
use sse_tests::stream::{Chunks, request};
use tower::ServiceExt as _;

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    StockChanged {
        #[sse(topic)]
        sku: String,
        left: u32,
    },
    SoldOut(String),
    #[sse(ephemeral)]
    Viewers(u32),
}

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "host")]
enum HostEvent {
    Reading(u32),
}

#[derive(Debug, PartialEq, SseEvent)]
#[sse(merge)]
enum AllEvent {
    Inventory(InventoryEvent),
    Host(HostEvent),
}

#[derive(Debug, PartialEq, SseEvent)]
#[sse(merge, qualify)]
enum QualifiedEvent {
    Inventory(InventoryEvent),
    Host(HostEvent),
}

type Inventory = Channel<InventoryEvent>;

fn stock(sku: &str, left: u32) -> InventoryEvent {
    InventoryEvent::StockChanged { sku: sku.into(), left }
}

fn frame(position: &Position, name: &str, data: &str) -> String {
    format!("id: {}\nevent: {name}\nsource: inventory\ndata: {data}\n\n", position.id())
}

#[sse_handler]
async fn inventory(
    State(channel): State<Inventory>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

async fn get_with(channel: &Inventory, headers: &[(&str, &str)]) -> Chunks {
    let router = Router::new().route("/", get(inventory)).with_state(channel.clone());
    Chunks::of(router.oneshot(request("/", headers)).await)
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_says_where_the_reader_stands_and_events_carry_their_position() {
    let channel = Inventory::new();
    let mut chunks = get_with(&channel, &[]).await;
    let open = chunks.next().await.unwrap();
    let start = channel.position();
    assert_eq!(start.seq(), 0);
    assert!(
        open.starts_with(&format!("id: {}\nevent: sse.open\nretry: 3000\n", start.id())),
        "{open}"
    );
    assert!(open.contains("{\"resume\":\"fresh\",\"missed\":0,\"heartbeat_ms\":15000,"), "{open}");
    assert!(!open.contains("channels"), "{open}");

    let first = channel.publish(&stock("A-1", 7)).await.unwrap();
    assert_eq!(first.position.seq(), 1);
    let data = "{\"sku\":\"A-1\",\"left\":7}";
    assert_eq!(chunks.next().await.unwrap(), frame(&first.position, "stock_changed", data));
    channel.publish(&InventoryEvent::Viewers(3)).await.unwrap();
    let viewers = "event: viewers\nsource: inventory\ndata: 3\n\n";
    assert_eq!(chunks.next().await.unwrap(), viewers);
}

#[tokio::test(start_paused = true)]
async fn the_first_leaves_at_once_and_what_follows_within_the_linger_together() {
    let channel = Inventory::new();
    let mut chunks = get_with(&channel, &[]).await;
    chunks.next().await.unwrap();
    let begin = tokio::time::Instant::now();
    for left in 0..5 {
        channel.publish(&stock("A-1", left)).await.unwrap();
        channel.publish(&InventoryEvent::Viewers(left)).await.unwrap();
    }
    let first = chunks.next().await.unwrap();
    assert_eq!((first.matches("event: ").count(), begin.elapsed().as_millis()), (1, 0));
    let second = chunks.next().await.unwrap();
    assert_eq!(second.matches("event: stock_changed").count(), 4);
    assert_eq!(second.matches("event: viewers").count(), 5);
    // In the order in which they came.
    let names: Vec<&str> = second.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(names[..3], ["viewers", "stock_changed", "viewers"]);
    assert!((2..=4).contains(&begin.elapsed().as_millis()), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_comes_back_goes_on_right_after_its_position() {
    let channel = Inventory::new();
    let mut positions = Vec::new();
    for left in 0..5 {
        positions.push(channel.publish(&stock("A-1", left)).await.unwrap().position);
    }
    // Nobody hears it, and nobody ever will.
    channel.publish(&InventoryEvent::Viewers(9)).await.unwrap();
    let id = positions[1].id();
    let mut chunks = get_with(&channel, &[("last-event-id", id.as_str())]).await;
    let open = chunks.next().await.unwrap();
    assert!(open.starts_with(&format!("id: {id}\nevent: sse.open\n")), "{open}");
    assert!(open.contains("\"resume\":\"exact\",\"missed\":0,"), "{open}");
    let rest: String = (2..5)
        .map(|at| {
            let data = format!("{{\"sku\":\"A-1\",\"left\":{at}}}");
            frame(&positions[at], "stock_changed", &data)
        })
        .collect();
    assert_eq!(chunks.next().await.unwrap(), rest);
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_told_with_its_number_and_goes_on_at_the_oldest() {
    let channel = Inventory::with_config(ChannelConfig::new().history(2)).unwrap();
    let mut positions = Vec::new();
    for left in 0..5 {
        positions.push(channel.publish(&stock("A-1", left)).await.unwrap().position);
    }
    let id = positions[0].id();
    let mut chunks = get_with(&channel, &[("last-event-id", id.as_str())]).await;
    let open = chunks.next().await.unwrap();
    assert!(open.starts_with(&format!("id: {}\nevent: sse.open\n", positions[2].id())), "{open}");
    assert!(open.contains("\"resume\":\"gap\",\"missed\":2,"), "{open}");
    let rest = chunks.next().await.unwrap();
    assert_eq!(rest.matches("event: stock_changed").count(), 2);
    assert!(rest.contains(positions[3].id().as_str()), "{rest}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_falls_behind_while_it_listens_is_told_and_goes_on() {
    let channel = Inventory::with_config(ChannelConfig::new().history(10)).unwrap();
    let mut chunks = get_with(&channel, &[]).await;
    chunks.next().await.unwrap();
    for left in 0..1_000 {
        channel.publish(&stock("A-1", left)).await.unwrap();
    }
    let open = chunks.next().await.unwrap();
    assert!(open.contains("event: sse.open\n"), "{open}");
    let missed: u64 = open
        .split("\"resume\":\"gap\",\"missed\":")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(missed >= 700, "{open}");
    let mut events = 0;
    while events < 1_000 - missed {
        events += chunks.next().await.unwrap().matches("event: stock_changed").count() as u64;
    }
    assert_eq!(events, 1_000 - missed);
}

#[sse_handler]
async fn ended_when_slow(
    State(channel): State<Inventory>,
    resume: Resume,
) -> Subscription<InventoryEvent, EndSlow> {
    channel.subscribe(resume).end_when_slow()
}

#[tokio::test(start_paused = true)]
async fn or_it_is_ended_and_hears_what_is_gone_when_it_comes_back() {
    let channel = Inventory::with_config(ChannelConfig::new().history(10)).unwrap();
    let mut chunks =
        Chunks::of(call!(ended_when_slow(State(channel.clone()), Resume::fresh())).await);
    let open = chunks.next().await.unwrap();
    for left in 0..1_000 {
        channel.publish(&stock("A-1", left)).await.unwrap();
    }
    let bye = chunks.rest().await;
    assert!(bye.starts_with("event: sse.bye\n") && bye.contains("{\"reason\":\"slow\"}"), "{bye}");
    let id = open.lines().next().unwrap().strip_prefix("id: ").unwrap();
    let back = channel.subscribe(Resume::after(&id.parse::<EventId>().unwrap()));
    assert_eq!(back.resumed().missed(), 990);
}

#[sse_handler(source_field = false)]
async fn lamps(
    State(channel): State<Inventory>,
    resume: Resume,
) -> Result<Subscription<InventoryEvent>, UnknownEvent> {
    channel.subscribe(resume).topic("lamp").only(["stock_changed"])
}

#[tokio::test(start_paused = true)]
async fn a_filter_moves_its_reader_with_the_heartbeat() {
    let channel = Inventory::new();
    let mut chunks = Chunks::of(call!(lamps(State(channel.clone()), Resume::fresh())).await);
    chunks.next().await.unwrap();
    channel.publish(&stock("desk", 1)).await.unwrap();
    let shown = channel.publish(&stock("lamp", 2)).await.unwrap().position;
    let passed = channel.publish(&InventoryEvent::SoldOut("lamp".into())).await.unwrap().position;
    let data = "{\"sku\":\"lamp\",\"left\":2}";
    let expected = format!("id: {}\nevent: stock_changed\ndata: {data}\n\n", shown.id());
    assert_eq!(chunks.next().await.unwrap(), expected);
    assert_eq!(chunks.next().await.unwrap(), format!("id: {}\n\n: ping\n\n", passed.id()));
    assert_eq!(chunks.next().await.unwrap(), ": ping\n\n");
}

type Channels = (Inventory, Channel<HostEvent>);

#[sse_handler]
async fn all(
    State((inventory, host)): State<Channels>,
    resume: Resume,
) -> Result<Subscription<AllEvent>, MergeError> {
    Subscription::merge([inventory.subscribe(&resume).lift(), host.subscribe(&resume).lift()])
}

#[sse_handler]
async fn qualified(
    State((inventory, host)): State<Channels>,
    resume: Resume,
) -> Result<Subscription<QualifiedEvent>, MergeError> {
    Subscription::merge([inventory.subscribe(&resume).lift(), host.subscribe(&resume).lift()])
}

#[tokio::test(start_paused = true)]
async fn a_merged_stream_resumes_in_each_of_its_channels() {
    let (inventory, host) = (Inventory::new(), Channel::<HostEvent>::new());
    let channels = (inventory.clone(), host.clone());
    let mut chunks = Chunks::of(call!(all(State(channels.clone()), Resume::fresh())).await);
    let open = chunks.next().await.unwrap();
    let (i0, h0) = (inventory.position().id(), host.position().id());
    assert!(open.starts_with(&format!("id: {i0}{}\n", &h0.as_str()[4..])), "{open}");
    assert!(open.contains(
        "\"channels\":[{\"sources\":[\"inventory\"],\"resume\":\"fresh\",\"missed\":0},\
         {\"sources\":[\"host\"],\"resume\":\"fresh\",\"missed\":0}]"
    ));
    let i1 = inventory.publish(&stock("A-1", 1)).await.unwrap().position.id();
    let first = chunks.next().await.unwrap();
    let expected = format!(
        "id: {i1}{}\nevent: stock_changed\nsource: inventory\ndata: {{\"sku\":\"A-1\",\"left\":1}}\n\n",
        &h0.as_str()[4..]
    );
    assert_eq!(first, expected);
    let h1 = host.publish(&HostEvent::Reading(5)).await.unwrap().position.id();
    let second = chunks.next().await.unwrap();
    let id = format!("{i1}{}", &h1.as_str()[4..]);
    assert_eq!(second, format!("id: {id}\nevent: reading\nsource: host\ndata: 5\n\n"));

    host.publish(&HostEvent::Reading(6)).await.unwrap();
    inventory.publish(&stock("A-1", 2)).await.unwrap();
    let resume = Resume::after(&id.parse::<EventId>().unwrap());
    let mut chunks = Chunks::of(call!(qualified(State(channels), resume)).await);
    assert!(chunks.next().await.unwrap().contains("{\"resume\":\"exact\",\"missed\":0,"));
    let both = format!("{}{}", chunks.next().await.unwrap(), chunks.next().await.unwrap());
    assert!(both.contains("\nevent: inventory.stock_changed\nsource: inventory\n"), "{both}");
    assert!(both.contains("\nevent: host.reading\nsource: host\ndata: 6\n"), "{both}");
}

#[tokio::test(start_paused = true)]
async fn what_became_of_two_logs_that_are_gone_is_a_reset() {
    let before = (Inventory::new(), Channel::<HostEvent>::new());
    before.0.publish(&stock("A-1", 1)).await.unwrap();
    let id = format!("{}{}", before.0.position(), &before.1.position().id().as_str()[4..]);
    let resume = Resume::after(&id.parse::<EventId>().unwrap());
    let after = (Inventory::new(), Channel::<HostEvent>::new());
    let mut chunks = Chunks::of(call!(all(State(after), resume.clone())).await);
    let open = chunks.next().await.unwrap();
    assert!(open.contains("{\"resume\":\"reset\",\"missed\":0,\"reason\":\"epoch\","), "{open}");
    // One of two is there: the other may be what became of the one that is not.
    let after = (before.0.clone(), Channel::<HostEvent>::new());
    let mut chunks = Chunks::of(call!(all(State(after), resume)).await);
    let open = chunks.next().await.unwrap();
    assert!(open.contains("{\"sources\":[\"inventory\"],\"resume\":\"exact\""), "{open}");
    assert!(open.contains("{\"sources\":[\"host\"],\"resume\":\"reset\""), "{open}");
}

#[tokio::test(start_paused = true)]
async fn a_gap_counts_beside_a_channel_that_is_reset() {
    let inventory = Inventory::with_config(ChannelConfig::new().history(1)).unwrap();
    let gone = Channel::<HostEvent>::new().position();
    let start = inventory.position();
    for left in 0..4 {
        inventory.publish(&stock("A-1", left)).await.unwrap();
    }
    let id = format!("{start}{}", &gone.id().as_str()[4..]).parse::<EventId>().unwrap();
    let channels = (inventory, Channel::<HostEvent>::new());
    let mut chunks = Chunks::of(call!(all(State(channels), Resume::after(&id))).await);
    let open = chunks.next().await.unwrap();
    assert!(open.contains("{\"resume\":\"reset\",\"missed\":3,\"reason\":\"epoch\","), "{open}");
    assert!(open.contains("\"resume\":\"gap\",\"missed\":3}"), "{open}");
}

#[tokio::test(start_paused = true)]
async fn a_position_that_the_handler_ignores_is_a_reset() {
    #[sse_handler]
    async fn ignoring(State(channel): State<Inventory>) -> Subscription<InventoryEvent> {
        channel.subscribe(Resume::fresh())
    }
    let channel = Inventory::new();
    let router = Router::new().route("/", get(ignoring)).with_state(channel.clone());
    let id = channel.position().id();
    let mut chunks =
        Chunks::of(router.oneshot(request("/", &[("last-event-id", id.as_str())])).await);
    let open = chunks.next().await.unwrap();
    assert!(open.contains("{\"resume\":\"reset\",\"missed\":0,\"reason\":\"no_log\","), "{open}");
    // It stands somewhere all the same.
    assert!(open.starts_with(&format!("id: {id}\n")), "{open}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_asks_for_the_position_answers_for_it() {
    #[sse_handler]
    async fn counting(resume: Resume) -> impl Stream<Item = InventoryEvent> {
        let seen = resume.last_event_id().map_or(0, |id| id.as_str().len() as u32);
        stream::iter([InventoryEvent::Viewers(seen)])
    }
    let router = || Router::new().route("/", get(counting));
    let asked = request("/", &[("last-event-id", "evt_00000001")]);
    let text = Chunks::of(router().oneshot(asked).await).rest().await;
    assert!(text.starts_with("event: sse.open\n"), "{text}");
    assert!(text.contains("{\"resume\":\"exact\",") && text.contains("data: 12\n"), "{text}");
    let text = Chunks::of(router().oneshot(request("/", &[])).await).rest().await;
    assert!(text.contains("{\"resume\":\"fresh\",") && text.contains("data: 0\n"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_filter_moves_its_reader_at_the_end_too() {
    let channel = Inventory::new();
    let drain = Drain::new();
    let router =
        Router::new().route("/", get(lamps)).with_state(channel.clone()).layer(drain.layer());
    let mut chunks = Chunks::of(router.oneshot(request("/", &[])).await);
    chunks.next().await.unwrap();
    let passed = channel.publish(&stock("desk", 1)).await.unwrap().position;
    assert!(chunks.next().now_or_never().is_none());
    drain.start();
    let end = chunks.rest().await;
    assert!(end.starts_with(&format!("id: {}\n\nevent: sse.bye\n", passed.id())), "{end}");
}

#[tokio::test(start_paused = true)]
async fn without_control_events_the_position_is_told_all_the_same() {
    #[sse_handler(control_events = false)]
    async fn bare(
        State(channel): State<Inventory>,
        resume: Resume,
    ) -> Subscription<InventoryEvent> {
        channel.subscribe(resume)
    }
    let channel = Inventory::with_config(ChannelConfig::new().history(10)).unwrap();
    let mut chunks = Chunks::of(call!(bare(State(channel.clone()), Resume::fresh())).await);
    let start = channel.position().id();
    assert_eq!(chunks.next().await.unwrap(), format!("id: {start}\nretry: 3000\n\n"));
    for left in 0..1_000 {
        channel.publish(&stock("A-1", left)).await.unwrap();
    }
    let moved = chunks.next().await.unwrap();
    assert!(moved.starts_with("id: evt_") && moved.ends_with("\nretry: 3000\n\n"), "{moved}");
}
