use sse_runtime::{SseEvent, decode, encode};

macro_rules! rule {
    ($rule:literal) => {{
        #[derive(SseEvent)]
        #[sse(source = "inventory")]
        #[serde(rename_all_fields = $rule)]
        enum Ours {
            Changed { items_left: u32, sku: u32, r#type: u32, #[serde(rename = "Same")] same: u32 },
        }

        // serde itself says what the rule means.
        #[derive(serde::Serialize)]
        #[serde(rename_all = $rule)]
        struct Theirs {
            items_left: u32,
            sku: u32,
            r#type: u32,
            #[serde(rename = "Same")]
            same: u32,
        }

        let ours = Ours::Changed { items_left: 1, sku: 2, r#type: 3, same: 4 };
        let theirs = Theirs { items_left: 1, sku: 2, r#type: 3, same: 4 };
        let data = encode(&ours).unwrap().data();
        assert_eq!(data, serde_json::to_string(&theirs).unwrap(), $rule);
        let Ours::Changed { items_left, sku, r#type, same } = decode("changed", &data).unwrap();
        assert_eq!([items_left, sku, r#type, same], [1, 2, 3, 4], $rule);
    }};
}

#[derive(SseEvent)]
#[sse(source = "inventory")]
#[serde(rename_all_fields(serialize = "camelCase", deserialize = "kebab-case"))]
enum Both {
    Changed { items_left: u32 },
}

fn main() {
    rule!("lowercase");
    rule!("UPPERCASE");
    rule!("PascalCase");
    rule!("camelCase");
    rule!("snake_case");
    rule!("SCREAMING_SNAKE_CASE");
    rule!("kebab-case");
    rule!("SCREAMING-KEBAB-CASE");

    let data = encode(&Both::Changed { items_left: 1 }).unwrap().data();
    assert_eq!(data, r#"{"itemsLeft":1}"#);
    let Both::Changed { items_left } = decode("changed", r#"{"items-left":1}"#).unwrap();
    assert_eq!(items_left, 1);
}
