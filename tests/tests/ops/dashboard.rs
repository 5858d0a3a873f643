//! The dashboard of Grafana: whether it can be drawn.

use serde_json::Value;

/// How many columns there are.
const WIDTH: u64 = 24;

/// All texts of it, one a line.
pub(crate) fn texts(json: &str) -> String {
    fn collect(value: &Value, texts: &mut String) {
        match value {
            Value::String(text) => {
                texts.push_str(text);
                texts.push('\n');
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
            Value::Object(values) => values.values().for_each(|value| collect(value, texts)),
            _ => {}
        }
    }
    let mut all = String::new();
    collect(&serde_json::from_str(json).unwrap(), &mut all);
    all
}

/// What is wrong with it.
pub(crate) fn faults(json: &str) -> Vec<String> {
    let board: Value = match serde_json::from_str(json) {
        Ok(board) => board,
        Err(error) => return vec![error.to_string()],
    };
    let panels = list(&board, "panels");
    if panels.is_empty() {
        return vec!["there are no panels".into()];
    }
    let variables: Vec<_> =
        list(&board["templating"], "list").iter().map(|variable| text(variable, "name")).collect();
    let mut wrong = Vec::new();
    for (at, panel) in panels.iter().enumerate() {
        let title = text(panel, "title");
        wrong.extend(faults_of(panel, &variables).map(|fault| format!("{title:?} {fault}")));
        for other in &panels[..at] {
            let before = text(other, "title");
            if panel["id"] == other["id"] {
                wrong.push(format!("{title:?} has the id of {before:?}"));
            }
            if place(panel).zip(place(other)).is_some_and(|(one, other)| one.meets(other)) {
                wrong.push(format!("{title:?} lies on {before:?}"));
            }
        }
    }
    wrong
}

/// What is wrong with a panel alone.
fn faults_of(panel: &Value, variables: &[&str]) -> impl Iterator<Item = String> {
    let mut wrong: Vec<String> = Vec::new();
    let mut check = |holds: bool, fault: &str| {
        if !holds {
            wrong.push(fault.to_owned());
        }
    };
    check(!text(panel, "title").is_empty(), "has no title");
    check(panel["id"].as_u64().is_some_and(|id| id > 0), "has no id");
    check(place(panel).is_some_and(|place| place.is_sane()), "has no place");
    if text(panel, "type") != "row" {
        check(!text(panel, "description").is_empty(), "has no description");
        let unit = text(&panel["fieldConfig"]["defaults"], "unit");
        check(!unit.is_empty(), "has no unit");
        check(text(&panel["datasource"], "uid") == "${datasource}", "has a data source of its own");
        let targets = list(panel, "targets");
        check(!targets.is_empty(), "asks for nothing");
        for target in targets {
            let expression = text(target, "expr");
            check(!expression.is_empty(), "asks for nothing");
            for variable in used(expression) {
                check(variables.contains(&variable), &format!("has no variable {variable}"));
            }
            for label in target["legendFormat"].as_str().unwrap_or_default().split("{{").skip(1) {
                let label = label.split("}}").next().unwrap_or_default();
                let is_kept = expression.contains(label);
                check(is_kept, &format!("has a legend by {label}, which is summed away"));
            }
        }
    }
    wrong.into_iter()
}

/// The variables of an expression, but those that Grafana has itself.
fn used(expression: &str) -> impl Iterator<Item = &str> {
    let names = expression.split('$').skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        &rest[..end.unwrap_or(rest.len())]
    });
    names.filter(|name| !name.starts_with("__"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Where a panel lies.
#[derive(Clone, Copy)]
struct Place {
    x: u64,
    y: u64,
    w: u64,
    h: u64,
}

fn place(panel: &Value) -> Option<Place> {
    let get = |key| panel["gridPos"][key].as_u64();
    Some(Place { x: get("x")?, y: get("y")?, w: get("w")?, h: get("h")? })
}

impl Place {
    fn is_sane(self) -> bool {
        self.w > 0 && self.h > 0 && self.x + self.w <= WIDTH
    }

    fn meets(self, other: Self) -> bool {
        let beside = self.x + self.w <= other.x || other.x + other.w <= self.x;
        let above = self.y + self.h <= other.y || other.y + other.h <= self.y;
        !(beside || above)
    }
}

/// Whether each check can fail.
mod the_checks {
    use serde_json::json;

    use super::*;

    fn board() -> Value {
        let panel = |id: u64, x: u64| {
            json!({
                "id": id, "type": "timeseries", "title": "a", "description": "b",
                "gridPos": {"x": x, "y": 0, "w": 12, "h": 8},
                "datasource": {"uid": "${datasource}"},
                "fieldConfig": {"defaults": {"unit": "s"}},
                "targets": [{
                    "expr": "sum by (state) (rate(x{job=~\"$job\"}[$__rate_interval]))",
                    "legendFormat": "{{state}}",
                }],
            })
        };
        json!({
            "panels": [panel(1, 0), panel(2, 12)],
            "templating": {"list": [{"name": "job"}]},
        })
    }

    fn with(path: &str, value: Value) -> Vec<String> {
        let mut board = board();
        *board.pointer_mut(path).unwrap() = value;
        faults(&board.to_string())
    }

    #[test]
    fn find_nothing_where_nothing_is_wrong() {
        assert_eq!(faults(&board().to_string()), Vec::<String>::new());
    }

    #[test]
    fn miss_what_a_panel_lacks() {
        for (path, value, fault) in [
            ("/panels/1/title", json!(""), "\"\" has no title"),
            ("/panels/1/description", json!(null), "\"a\" has no description"),
            ("/panels/1/fieldConfig/defaults", json!({}), "\"a\" has no unit"),
            ("/panels/1/datasource/uid", json!("mine"), "\"a\" has a data source of its own"),
            ("/panels/1/targets", json!([]), "\"a\" asks for nothing"),
            ("/panels/1/targets/0/expr", json!("state: $shop"), "\"a\" has no variable shop"),
            (
                "/panels/1/targets/0/legendFormat",
                json!("{{reason}}"),
                "\"a\" has a legend by reason, which is summed away",
            ),
            ("/panels/1/id", json!(1), "\"a\" has the id of \"a\""),
            ("/panels/1/gridPos/x", json!(11), "\"a\" lies on \"a\""),
            ("/panels/1/gridPos/x", json!(13), "\"a\" has no place"),
            ("/panels", json!([]), "there are no panels"),
        ] {
            assert_eq!(with(path, value), [fault], "{path}");
        }
        assert!(!faults("{").is_empty());
    }

    #[test]
    fn read_all_texts() {
        let board = json!({"a": ["one", {"b": "two \"quoted\""}], "c": 3}).to_string();
        assert_eq!(texts(&board), "one\ntwo \"quoted\"\n");
    }
}
