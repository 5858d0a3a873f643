enum InventoryEvent {
    SoldOut,
}

fn send(event: &InventoryEvent) -> Result<sse_runtime::Frame, sse_runtime::EncodeError> {
    sse_runtime::encode(event)
}

fn main() {}
