use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent<'a, T: Clone, const N: usize>
where
    T: Copy,
{
    #[sse(retry = "5 s")]
    SoldOut([T; N]),
    Noted(std::borrow::Cow<'a, str>),
}

fn send(event: &InventoryEvent<'_, u8, 2>) -> Result<sse_runtime::Frame, sse_runtime::EncodeError> {
    sse_runtime::encode(event)
}

fn main() {}
