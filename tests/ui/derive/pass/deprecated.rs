#![deny(warnings)]

use sse_runtime::SseEvent;

#[deprecated]
#[derive(SseEvent)]
#[sse(source = "inventory")]
pub enum OldEvent {
    SoldOut,
}

#[derive(SseEvent)]
#[sse(source = "orders")]
pub enum OrderEvent {
    #[deprecated = "nobody pays so any more"]
    PaidByCheque { number: u32 },
    #[deprecated]
    Counted(u32),
    Paid {
        #[deprecated]
        note: String,
    },
}

#[allow(deprecated)]
#[derive(SseEvent)]
#[sse(merge)]
pub enum All {
    Old(OldEvent),
    Orders(OrderEvent),
}

fn main() {
    assert_eq!(All::CATALOGUE.events().len(), 4);
}
