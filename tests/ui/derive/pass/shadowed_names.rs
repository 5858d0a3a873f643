#![allow(dead_code, non_camel_case_types, non_snake_case, reason = "the names are the case")]

mod core {}
mod std {}
mod serde_json {}
mod sse {}

struct Result;
struct Option;
struct Vec;
struct String;
struct Box;
struct str;
struct u8;
struct u32;
struct usize;
struct bool;
struct Some;
struct None;
struct Ok;
struct Err;
struct Self_;
trait Default {}
trait From {}
trait SseEvent {}
trait EncodeEvent {}
trait DecodeEvent {}
struct Catalogue;
struct EventInfo;
struct Head;
struct Content;
struct Object;
const __EVENTS: i64 = 0;

#[allow(unused_macros)]
macro_rules! panic {
    () => {};
}

#[derive(::sse_runtime::SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent<T> {
    Closed,
    Viewers(i64),
    Generic(T),
    Moved(i64, ::std::string::String),
    #[sse(retry = "5s", terminal)]
    Done {
        #[sse(topic)]
        sku: ::std::string::String,
        #[serde(default, skip_serializing_if = "::std::option::Option::is_none")]
        left: ::std::option::Option<i64>,
    },
    Named {
        #[sse(id)]
        id: ::sse_runtime::EventId,
    },
}

#[derive(::sse_runtime::SseEvent)]
#[sse(merge, qualify)]
enum All {
    Inventory(InventoryEvent<i64>),
}

fn main() {
    let event = All::Inventory(InventoryEvent::Viewers(1));
    let frame = ::sse_runtime::encode(&event).unwrap();
    ::std::assert_eq!(frame.event(), ::std::option::Option::Some("inventory.viewers"));
    let id: ::sse_runtime::EventId = ::sse_runtime::event_id!("evt_00000001");
    let _ = (id, ::sse_runtime::event_name!("a"), ::sse_runtime::source!("b"));
}
