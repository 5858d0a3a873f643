#![deny(warnings)]
#![allow(private_interfaces, reason = "the enum itself has them; the expansion must add none")]

use sse_runtime::{SseEvent, encode};

mod inner {
    use sse_runtime::SseEvent;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Hidden(u32);

    #[derive(serde::Serialize, serde::Deserialize)]
    struct HiddenOf<T>(T);

    #[derive(SseEvent)]
    #[sse(source = "inner")]
    pub enum InnerEvent<T> {
        Hidden(Hidden),
        Of(HiddenOf<T>),
    }

    pub fn hidden() -> [InnerEvent<u8>; 2] {
        [InnerEvent::Hidden(Hidden(7)), InnerEvent::Of(HiddenOf(8))]
    }
}

#[derive(SseEvent)]
#[sse(merge)]
pub(crate) enum All {
    Inner(inner::InnerEvent<u8>),
}

fn main() {
    let data: Vec<String> = inner::hidden().map(|e| encode(&All::Inner(e)).unwrap().data()).into();
    assert_eq!(data, ["7", "8"]);
}
