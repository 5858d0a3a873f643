//! Both levels put the source in front, and a name looks like another one with its source.

use sse_runtime::{SseEvent, decode, encode};

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "a")]
enum First {
    #[sse(name = "c")]
    Event,
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "a")]
enum Second {
    #[sse(name = "a.c")]
    Event,
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, qualify)]
enum Left {
    First(First),
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, qualify)]
enum Right {
    Second(Second),
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, qualify)]
enum All {
    Left(Left),
    Right(Right),
}

fn main() {
    for (event, name) in [
        (All::Left(Left::First(First::Event)), "a.c"),
        (All::Right(Right::Second(Second::Event)), "a.a.c"),
    ] {
        let frame = encode(&event).unwrap();
        assert_eq!(frame.event(), Some(name));
        assert_eq!(decode::<All>(name, &frame.data()).unwrap(), event);
    }
}
