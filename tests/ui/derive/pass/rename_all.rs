use sse_runtime::SseEvent;

macro_rules! rule {
    ($rule:literal, $name:literal) => {{
        #[derive(SseEvent)]
        #[sse(source = "inventory", rename_all = $rule)]
        #[allow(dead_code, reason = "only the names are looked at")]
        enum InventoryEvent {
            StockChanged,
            #[sse(name = "As-It-Stands")]
            Other,
        }
        assert!(InventoryEvent::CATALOGUE.contains($name), $rule);
        assert!(InventoryEvent::CATALOGUE.contains("As-It-Stands"), $rule);
    }};
}

fn main() {
    rule!("lowercase", "stockchanged");
    rule!("UPPERCASE", "STOCKCHANGED");
    rule!("PascalCase", "StockChanged");
    rule!("camelCase", "stockChanged");
    rule!("snake_case", "stock_changed");
    rule!("SCREAMING_SNAKE_CASE", "STOCK_CHANGED");
    rule!("kebab-case", "stock-changed");
    rule!("SCREAMING-KEBAB-CASE", "STOCK-CHANGED");
}
