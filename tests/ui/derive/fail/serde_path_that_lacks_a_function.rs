use sse_runtime::SseEvent;

mod as_text {
    pub(crate) fn serialize<S: serde::Serializer>(number: &u32, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(number)
    }
}

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Viewers(#[serde(with = "as_text")] u32),
}

fn main() {}
