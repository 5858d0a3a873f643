use sse_runtime::{Endless, Finite, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
pub enum InventoryEvent {
    SoldOut,
}

#[derive(SseEvent)]
#[sse(source = "model")]
pub enum Token {
    Delta(String),
    #[sse(terminal)]
    Done,
    #[sse(terminal)]
    Failed { code: u32 },
}

#[derive(SseEvent)]
#[sse(merge)]
pub enum All {
    Inventory(InventoryEvent),
    Tokens(Token),
}

fn endless<E: SseEvent<End = Endless>>() {}
fn finite<E: SseEvent<End = Finite>>() {}

fn main() {
    endless::<InventoryEvent>();
    finite::<Token>();
    finite::<All>();
}
