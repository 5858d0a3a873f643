//! What the listener makes of the events: here, lines on stdout.

use std::{collections::BTreeMap, error::Error, time::Duration};

use sse_runtime::{
    SseEvent,
    client::reqwest::{Client, ClientBuilder},
};

/// What the shop tells, as far as it matters here: an event of another name is passed over.
#[derive(Debug, SseEvent)]
#[sse(source = "inventory", decode_only)]
pub(crate) enum InventoryEvent {
    StockChanged { sku: String, left: u32 },
    SoldOut { sku: String },
}

/// The stock as a listener knows it. Yours is a table, perhaps, and its position a row of the
/// same transaction: then no event does its work twice.
pub(crate) struct Stock {
    /// Where all of it is to be had.
    whole: Option<String>,
    client: Client,
}

impl Stock {
    pub(crate) fn new(whole: Option<String>) -> Result<Self, Box<dyn Error>> {
        // While this waits, the stream does, and so does the signal to stop.
        let client = ClientBuilder::new().timeout(Duration::from_secs(10)).build()?;
        Ok(Self { whole, client })
    }

    /// The work for one event. It may come twice, around a restart: so it says how many are left,
    /// and not how many less.
    pub(crate) fn change(&self, event: &InventoryEvent) {
        match event {
            InventoryEvent::StockChanged { sku, left } => println!("stock: {sku} {left}"),
            InventoryEvent::SoldOut { sku } => println!("stock: {sku} 0"),
        }
    }

    /// Reads all of it anew. The stream has begun before, so that what happens meanwhile comes
    /// after this, again at worst.
    pub(crate) async fn load(&self) -> Result<(), Box<dyn Error>> {
        let Some(url) = &self.whole else {
            println!("whole: not known (--stock says where it is to be had)");
            return Ok(());
        };
        let answer = self.client.get(url).send().await?.error_for_status()?;
        let whole: BTreeMap<String, u32> = serde_json::from_slice(&answer.bytes().await?)?;
        println!("whole: {}", serde_json::to_string(&whole)?);
        Ok(())
    }
}
