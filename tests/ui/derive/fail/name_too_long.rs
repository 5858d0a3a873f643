use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    #[sse(name = "the_last_piece_of_this_article_has_left_the_warehouse_in_the_north")]
    SoldOut,
}

fn main() {}
