//! Something on the way says a block twice.

use std::time::Duration;

use sse_runtime::Resumed;
use sse_tests::proxy::{Fault, Proxy};

use crate::{
    reader::Reader,
    shop::{BOTH, Log, ORDERS, Shop, client},
};

const EVENTS: u32 = 8;

async fn reader(shop: &Shop, path: &str, block: usize) -> (Proxy, Reader) {
    let proxy = Proxy::start(shop.address).await;
    proxy.next(Fault::Duplicate { block });
    let url = format!("http://{}/{path}", proxy.address());
    let mut reader = Reader::new(&client(Duration::from_secs(20)), &url, shop, None);
    reader.read_until(|reader| !reader.resumed.is_empty()).await;
    (proxy, reader)
}

#[tokio::test]
async fn an_event_that_comes_twice_is_dropped_and_counted() {
    let shop = Shop::keeping_all().await;
    // Block 0 is `sse.open`, which is no event.
    for block in 0..=EVENTS {
        let (proxy, mut reader) = reader(&shop, ORDERS, block as usize).await;
        let mut due = Vec::new();
        for number in 0..EVENTS {
            due.push((shop.order((block, number)).await, (block, number)));
        }
        // Behind the repeat, whichever it is.
        due.push((shop.order((block, EVENTS)).await, (block, EVENTS)));
        reader.read_until(|reader| reader.delivered(Log::Orders).len() >= due.len()).await;
        assert_eq!(reader.delivered(Log::Orders), due, "block {block}");
        assert_eq!((proxy.struck(), proxy.connections()), (1, 1), "block {block}");
        assert_eq!(reader.events.repeats(), u64::from(block > 0), "block {block}");
        assert_eq!(reader.resumed, [Resumed::Fresh], "said twice, it is told once");
    }
}

#[tokio::test]
async fn so_is_one_of_two_channels() {
    let shop = Shop::keeping_all().await;
    for block in 1..=4 {
        let (proxy, mut reader) = reader(&shop, BOTH, block).await;
        let value = |number| (u32::try_from(block).unwrap(), number);
        let (mut orders, mut beats) = (Vec::new(), Vec::new());
        for number in 0..3 {
            orders.push((shop.order(value(number)).await, value(number)));
            beats.push((shop.beat(value(number)).await, value(number)));
        }
        let due = (orders, beats);
        reader
            .read_until(|reader| {
                let came = [Log::Orders, Log::Host].map(|log| reader.delivered(log).len());
                came[0] >= due.0.len() && came[1] >= due.1.len()
            })
            .await;
        assert_eq!((reader.delivered(Log::Orders), reader.delivered(Log::Host)), due);
        assert_eq!((proxy.struck(), reader.events.repeats()), (1, 1), "block {block}");
    }
}

/// It has no number by which anybody could know it again, and so it moves nothing either.
#[tokio::test]
async fn an_ephemeral_event_may_come_twice_and_moves_nothing() {
    let shop = Shop::keeping_all().await;
    let (proxy, mut reader) = reader(&shop, ORDERS, 2).await;
    let first = shop.order((0, 0)).await;
    shop.view(7).await;
    reader.read_until(|reader| reader.viewed.len() == 2).await;
    assert_eq!(reader.viewed, [(7, 1), (7, 1)]);
    assert_eq!(reader.events.last_event_id().map(AsRef::as_ref), Some(first.to_string().as_str()));
    let second = shop.order((0, 1)).await;
    reader.read_until(|reader| reader.delivered(Log::Orders).len() == 2).await;
    assert_eq!(reader.delivered(Log::Orders), [(first, (0, 0)), (second, (0, 1))]);
    assert_eq!((proxy.struck(), reader.events.repeats()), (1, 0));
}
