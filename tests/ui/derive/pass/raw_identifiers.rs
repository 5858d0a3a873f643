use sse_runtime::{DecodeEvent, EncodeEvent, SseEvent, decode, encode};

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "language")]
#[allow(non_camel_case_types, reason = "the names are the case")]
enum r#type {
    r#struct { r#fn: u32, r#match: String },
    r#async(u32),
    r#gen,
}

fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(event: E, data: &str) {
    let frame = encode(&event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

fn main() {
    there_and_back(r#type::r#struct { r#fn: 1, r#match: "m".into() }, r#"{"fn":1,"match":"m"}"#);
    there_and_back(r#type::r#async(1), "1");
    there_and_back(r#type::r#gen, "null");
    let names: Vec<&str> = r#type::CATALOGUE.events().iter().map(|event| event.name()).collect();
    assert_eq!(names, ["async", "gen", "struct"]);
}
