use std::time::Duration;

use sse_runtime::{Catalogue, SseEvent};

#[derive(SseEvent)]
#[sse(source = "inventory")]
pub enum InventoryEvent<T> {
    #[sse(name = "sold-out", retry = "1500ms")]
    SoldOut(T),
    #[sse(ephemeral)]
    Viewers(u32),
    #[sse(terminal)]
    Closed,
}

const CATALOGUE: Catalogue = InventoryEvent::<u8>::CATALOGUE;
const NAMES: [&str; CATALOGUE.events().len()] = {
    let mut names = [""; CATALOGUE.events().len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = CATALOGUE.events()[at].name();
        at += 1;
    }
    names
};
const _: () = assert!(CATALOGUE.contains("viewers"));
const _: () = assert!(!CATALOGUE.contains("Viewers"));
const RETRY: Option<Duration> = match CATALOGUE.find("sold-out") {
    Some(event) => event.retry(),
    None => None,
};

fn main() {
    assert_eq!(NAMES, ["closed", "sold-out", "viewers"]);
    assert_eq!(RETRY, Some(Duration::from_millis(1500)));
    assert_eq!(CATALOGUE.sources(), ["inventory"]);
    assert!(CATALOGUE.events()[0].is_terminal());
    assert!(CATALOGUE.events()[2].is_ephemeral());
}
