use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory-of-the-north")]
enum InventoryEvent {
    #[sse(name = "the_last_piece_of_this_article_was_sold")]
    SoldOut,
    #[sse(name = "the_last_piece_of_this_article_was_sold_to_nobody")]
    Stolen,
}

#[derive(SseEvent)]
#[sse(merge, qualify)]
enum ShopEvent {
    Inventory(InventoryEvent),
}

fn main() {}
