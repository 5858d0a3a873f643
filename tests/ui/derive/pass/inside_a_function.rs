use sse_runtime::{SseEvent, decode, encode};

fn main() {
    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Local(u32);

    mod nested {
        pub(super) mod text {
            pub(in super::super) fn serialize<S: serde::Serializer>(
                number: &u32,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.collect_str(number)
            }
        }
    }

    #[derive(SseEvent, PartialEq, Debug)]
    #[sse(source = "local")]
    enum LocalEvent {
        Local(Local),
    }

    #[derive(SseEvent)]
    #[sse(source = "local", encode_only)]
    enum TextEvent {
        Text(#[serde(with = "nested::text")] u32),
    }

    #[derive(SseEvent, PartialEq, Debug)]
    #[sse(merge)]
    enum All {
        Local(LocalEvent),
    }

    let event = All::Local(LocalEvent::Local(Local(7)));
    assert_eq!(decode::<All>("local", &encode(&event).unwrap().data()).unwrap(), event);
    assert_eq!(encode(&TextEvent::Text(7)).unwrap().data(), r#""7""#);
}
