use sse_runtime::{SseEvent, decode, encode};

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum Sent<'a> {
    SoldOut(&'a str),
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(decode_only)]
enum Theirs {
    Message(String),
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "orders")]
enum Both {
    Paid,
}

#[derive(SseEvent)]
#[sse(merge, encode_only)]
enum AllSent {
    Inventory(Sent<'static>),
    Orders(Both),
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, decode_only, qualify)]
enum AllRead {
    Theirs(Theirs),
    Orders(Both),
}

fn main() {
    assert_eq!(encode(&AllSent::Inventory(Sent::SoldOut("A"))).unwrap().data(), r#""A""#);
    assert_eq!(encode(&AllSent::Orders(Both::Paid)).unwrap().data(), "null");
    assert_eq!(decode::<AllRead>("orders.paid", "null").unwrap(), AllRead::Orders(Both::Paid));
    // What has no source has nothing in front of its name.
    assert_eq!(
        decode::<AllRead>("message", r#""x""#).unwrap(),
        AllRead::Theirs(Theirs::Message("x".into()))
    );
}
