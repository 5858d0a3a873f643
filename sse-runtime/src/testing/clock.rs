//! The clock of a test.

use std::time::Duration;

use tokio::{task::yield_now, time::advance};

/// How often others get their turn around a step: tasks that wake each other settle in a few.
const TURNS: usize = 16;

/// Lets time pass, and everybody notice: for what happens by the clock alone, such as an event
/// that is no longer kept.
///
/// ```
/// use std::time::Duration;
/// use sse_runtime::{Channel, ChannelConfig, Resumed, SseEvent, testing::step};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     Left(u32),
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = ChannelConfig::new().retention(Duration::from_secs(60));
/// let channel = Channel::with_config(config)?;
/// let start = channel.position();
/// channel.publish(&InventoryEvent::Left(1)).await?;
///
/// step(Duration::from_secs(60)).await;
/// let late = channel.subscribe(start);
/// assert_eq!(late.resumed(), Resumed::Gap { missed: 1 });
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// As tokio's `advance` does: where the clock is not paused (`start_paused = true`), or the
/// runtime has several threads.
pub async fn step(time: Duration) {
    for _ in 0..TURNS {
        yield_now().await;
    }
    advance(time).await;
    for _ in 0..TURNS {
        yield_now().await;
    }
}
