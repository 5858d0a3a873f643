use sse_runtime::{SseEvent, decode, encode};

#[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
struct Tree<T> {
    value: T,
    below: Vec<Tree<T>>,
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "garden")]
enum GardenEvent<T> {
    Grown(Tree<T>),
}

fn main() {
    let leaf = Tree { value: 2, below: Vec::new() };
    let event = GardenEvent::Grown(Tree { value: 1, below: vec![leaf] });
    let data = encode(&event).unwrap().data();
    assert_eq!(decode::<GardenEvent<u8>>("grown", &data).unwrap(), event);
}
