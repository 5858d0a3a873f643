//! What is read of a store once for all who ask for it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::leaf::Leaf;
use crate::log::store::{Once, StoreError};

/// How many events a page has.
const PAGE: u64 = 256;
/// How many pages are kept for others who come the same way.
const KEPT: usize = 16;

/// Pages that are being read, and those that were read last.
///
/// A server that comes back has a thousand readers that come back at the same time, and ask for
/// the same pages: the first reads, and the others wait for it. Pages begin at fixed numbers, so
/// that two who stand next to each other ask for the same one.
#[derive(Debug, Default)]
pub(super) struct Pages {
    cells: Mutex<BTreeMap<u64, Cell>>,
}

type Cell = Arc<Once<Arc<Leaf>, StoreError>>;

impl Pages {
    /// The page with this event, if it is kept; the oldest page if not. `head` is the number of
    /// the newest event that is known.
    pub(super) async fn get<F, Fut>(
        &self,
        seq: u64,
        head: u64,
        read: F,
    ) -> Result<Arc<Leaf>, StoreError>
    where
        F: Fn(u64, usize) -> Fut,
        Fut: Future<Output = Result<Arc<Leaf>, StoreError>> + Send + 'static,
    {
        let mut from = seq.saturating_sub(1) / PAGE * PAGE + 1;
        loop {
            let end = (from - 1) / PAGE * PAGE + PAGE;
            let most = usize::try_from(end + 1 - from).unwrap_or(usize::MAX);
            let cell = self.cell(from);
            let leaf = cell.get(|| read(from, most)).await?;
            let last = leaf.as_ref().ok().and_then(|leaf| leaf.last());
            if last.is_none_or(|last| last >= head) {
                // It failed, or there may be more of it soon.
                self.remove(from, &cell);
            }
            let leaf = leaf?;
            match last {
                // Its events are large, and so it ends early.
                Some(last) if last < seq && last < head && last >= from => from = last + 1,
                _ => return Ok(leaf),
            }
        }
    }

    pub(super) fn clear(&self) {
        let gone = std::mem::take(&mut *self.lock());
        drop(gone);
    }

    fn cell(&self, from: u64) -> Cell {
        let mut cells = self.lock();
        let cell = Arc::clone(cells.entry(from).or_default());
        if cells.len() > KEPT {
            // Readers go upwards.
            let oldest = cells.keys().copied().find(|&key| key != from);
            let gone = oldest.and_then(|oldest| cells.remove(&oldest));
            drop(cells);
            drop(gone);
        }
        cell
    }

    fn remove(&self, from: u64, cell: &Cell) {
        let mut cells = self.lock();
        if cells.get(&from).is_some_and(|there| Arc::ptr_eq(there, cell)) {
            cells.remove(&from);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Cell>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
