//! The open streams of a server: how many there are, whose, and a word to each.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use super::{cx::Cx, figures, line::Line, link::Grant};
use crate::names::Reason;

/// Every open stream of a server. A stream is here for as long as its [`Slot`] lives, and so
/// nothing has to remember to take it out.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// How often something was said to any of them. A stream that compares this with what it
    /// knows need not look at a line of its own, which with thousands of streams is in no cache.
    said: AtomicU64,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    limits: Limits,
    draining: bool,
    next: u64,
    streams: HashMap<u64, Arc<Entry>>,
    addresses: HashMap<IpAddr, usize>,
    principals: HashMap<Arc<str>, HashSet<u64>>,
    refused: Refusals,
}

/// How many streams there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) all: usize,
    pub(super) address: usize,
    pub(super) principal: usize,
}

impl Default for Limits {
    /// None.
    fn default() -> Self {
        Self { all: usize::MAX, address: usize::MAX, principal: usize::MAX }
    }
}

/// Why a stream is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The server goes away.
    Draining,
    /// There are too many streams.
    All,
    /// There are too many from this address.
    Address,
    /// There are too many of this principal.
    Principal,
}

/// How many requests were refused by each limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Refusals {
    pub(super) all: u64,
    pub(super) address: u64,
    pub(super) principal: u64,
}

/// Whose stream it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Who {
    /// The stream itself, for a report of who is left.
    pub(super) cx: Option<Cx>,
    /// As it is counted; none where it is not.
    pub(super) address: Option<IpAddr>,
    pub(super) principal: Option<Arc<str>>,
    /// How long a drain lets it go on, where that is not at once.
    pub(super) grace: Option<Duration>,
}

#[derive(Debug)]
struct Entry {
    line: Line<Reason>,
    cx: Option<Cx>,
    grace: Option<Duration>,
}

/// A stream that could not be ended in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    /// Tells it from every other one of the server.
    pub(super) key: u64,
    pub(super) request_id: String,
    pub(super) peer: Option<IpAddr>,
    pub(super) grace: Option<Duration>,
    /// Whether a stream of its connection has a grace, itself or another one.
    pub(super) is_spared: bool,
}

impl Streams {
    pub(super) fn limit(&self, limits: Limits) {
        figures::limited(limits);
        self.lock().limits = limits;
    }

    /// Admits a stream, or says which limit is reached.
    pub(super) fn admit(self: &Arc<Self>, who: Who) -> Result<Slot, Full> {
        let mut open = self.lock();
        open.check(&who)?;
        let key = open.next;
        open.next += 1;
        let Who { cx, address, principal, grace } = who;
        let entry = Arc::new(Entry { line: Line::new(), cx, grace });
        open.streams.insert(key, Arc::clone(&entry));
        if let Some(address) = address {
            *open.addresses.entry(address).or_default() += 1;
        }
        if let Some(principal) = &principal {
            open.principals.entry(Arc::clone(principal)).or_default().insert(key);
        }
        drop(open);
        let heard = self.said.load(Ordering::Acquire);
        Ok(Slot { streams: Arc::clone(self), key, entry, heard, address, principal, grant: None })
    }

    /// Refuses every stream from now on, and tells each that is open.
    pub(super) fn drain(&self) {
        let mut open = self.lock();
        open.draining = true;
        let told = open.streams.values().filter_map(|entry| entry.line.tell(Reason::Drain));
        let wakers = told.collect();
        drop(open);
        self.wake(wakers);
    }

    /// Ends every stream of a principal; how many there were.
    pub(super) fn revoke(&self, principal: &str) -> usize {
        let open = self.lock();
        let Some(keys) = open.principals.get(principal) else { return 0 };
        let entries = keys.iter().filter_map(|key| open.streams.get(key));
        // What a drain has said before does not let it go on.
        let told = entries.filter_map(|entry| entry.line.insist(Reason::Revoked).1);
        let (wakers, many) = (told.collect(), keys.len());
        drop(open);
        self.wake(wakers);
        many
    }

    /// After the words have been said: a stream that looks before it is woken sees them.
    fn wake(&self, wakers: Vec<Waker>) {
        self.said.fetch_add(1, Ordering::AcqRel);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn count(&self) -> usize {
        self.lock().streams.len()
    }

    pub(super) fn refused(&self) -> Refusals {
        self.lock().refused
    }

    /// Whatever is still open.
    pub(super) fn left(&self) -> Vec<Left> {
        let open = self.lock();
        let left = open.streams.iter().filter_map(|(&key, entry)| {
            let cx = entry.cx.as_ref()?;
            let request_id = cx.request_id().to_owned();
            let is_spared = cx.link().is_some_and(|link| link.has_grace());
            Some(Left { key, request_id, peer: cx.client(), grace: entry.grace, is_spared })
        });
        left.collect()
    }

    /// Nothing is left half-done under this lock.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// The narrowest limit is told: it is the one that the reader can do something about.
    fn check(&mut self, who: &Who) -> Result<(), Full> {
        if self.draining {
            return Err(Full::Draining);
        }
        if let Some(principal) = &who.principal {
            self.check_principal(principal)?;
        }
        let from = who.address.and_then(|address| self.addresses.get(&address));
        if who.address.is_some() && from.copied().unwrap_or_default() >= self.limits.address {
            self.refused.address += 1;
            return Err(Full::Address);
        }
        if self.streams.len() >= self.limits.all {
            self.refused.all += 1;
            return Err(Full::All);
        }
        Ok(())
    }

    fn check_principal(&mut self, principal: &str) -> Result<(), Full> {
        let of = self.principals.get(principal).map_or(0, HashSet::len);
        if of >= self.limits.principal {
            self.refused.principal += 1;
            return Err(Full::Principal);
        }
        Ok(())
    }

    fn remove(&mut self, slot: &Slot) {
        self.streams.remove(&slot.key);
        if let Some(address) = slot.address
            && let Some(many) = self.addresses.get_mut(&address)
        {
            *many -= 1;
            if *many == 0 {
                self.addresses.remove(&address);
            }
        }
        self.disclaim(slot);
    }

    /// The stream is not one of its principal any more.
    fn disclaim(&mut self, slot: &Slot) {
        if let Some(principal) = &slot.principal
            && let Some(keys) = self.principals.get_mut(principal)
        {
            keys.remove(&slot.key);
            if keys.is_empty() {
                self.principals.remove(principal);
            }
        }
    }
}

/// The place of one stream among those of its server, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    streams: Arc<Streams>,
    /// How much of what was said is known.
    heard: u64,
    key: u64,
    entry: Arc<Entry>,
    address: Option<IpAddr>,
    principal: Option<Arc<str>>,
    /// Where it has longer than a drain gives.
    grant: Option<Grant>,
}

impl Slot {
    pub(super) fn grant(&mut self, grant: Grant) {
        self.grant = Some(grant);
    }

    /// What the stream was told. `is_new` says that the task was not asked before, or is
    /// another one now.
    pub(super) fn poll(&mut self, cx: &Context<'_>, is_new: bool) -> Option<Reason> {
        let said = self.streams.said.load(Ordering::Acquire);
        if said == self.heard && !is_new {
            return None;
        }
        self.heard = said;
        self.entry.line.listen(cx.waker())
    }

    /// Names the principal of the stream, in place of whom it had before.
    pub(super) fn claim(&mut self, principal: &Arc<str>) -> Result<(), Full> {
        if self.principal.as_ref() == Some(principal) {
            return Ok(());
        }
        let streams = Arc::clone(&self.streams);
        let mut open = streams.lock();
        open.check_principal(principal)?;
        open.disclaim(self);
        open.principals.entry(Arc::clone(principal)).or_default().insert(self.key);
        self.principal = Some(Arc::clone(principal));
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let streams = Arc::clone(&self.streams);
        streams.lock().remove(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(address: Option<[u8; 4]>, principal: Option<&str>) -> Who {
        Who {
            address: address.map(IpAddr::from),
            principal: principal.map(Arc::from),
            ..Who::default()
        }
    }

    fn streams(all: usize, address: usize, principal: usize) -> Arc<Streams> {
        let streams = Arc::new(Streams::default());
        streams.limit(Limits { all, address, principal });
        streams
    }

    #[test]
    fn each_limit_is_exact_and_freed_by_drop() {
        let cases = [
            (streams(2, 9, 9), who(None, None), Full::All),
            (streams(9, 2, 9), who(Some([192, 0, 2, 1]), None), Full::Address),
            (streams(9, 9, 2), who(None, Some("ada")), Full::Principal),
        ];
        for (streams, who, refused) in cases {
            let first = streams.admit(who.clone()).unwrap();
            let _second = streams.admit(who.clone()).unwrap();
            for _ in 0..20 {
                assert_eq!(streams.admit(who.clone()).unwrap_err(), refused);
            }
            drop(first);
            let _third = streams.admit(who.clone()).unwrap();
            assert_eq!(streams.admit(who).unwrap_err(), refused);
            let Refusals { all, address, principal } = streams.refused();
            assert_eq!((all + address + principal, streams.count()), (21, 2));
        }
    }

    #[test]
    fn nothing_is_left_when_all_are_gone() {
        let streams = streams(9, 9, 9);
        let slots: Vec<_> = (0..5)
            .map(|n| streams.admit(who(Some([192, 0, 2, n % 2]), Some("ada"))).unwrap())
            .collect();
        drop(slots);
        let open = streams.lock();
        assert!(open.streams.is_empty() && open.addresses.is_empty() && open.principals.is_empty());
    }

    #[test]
    fn a_principal_that_is_known_later_counts_as_well() {
        let streams = streams(9, 9, 1);
        let mut first = streams.admit(who(None, None)).unwrap();
        let mut second = streams.admit(who(None, None)).unwrap();
        let ada = Arc::from("ada");
        assert_eq!(first.claim(&ada), Ok(()));
        assert_eq!(second.claim(&ada), Err(Full::Principal));
        drop(first);
        assert_eq!(second.claim(&ada), Ok(()));
        assert_eq!(streams.revoke("ada"), 1);
        assert_eq!(second.claim(&Arc::from("bob")), Ok(()));
        assert_eq!((streams.revoke("ada"), streams.revoke("bob")), (0, 1));
    }

    #[test]
    fn only_the_streams_of_the_principal_are_told() {
        let streams = streams(9, 9, 9);
        let mut ada = streams.admit(who(None, Some("ada"))).unwrap();
        let mut bob = streams.admit(who(None, Some("bob"))).unwrap();
        let cx = Context::from_waker(Waker::noop());
        assert_eq!((ada.poll(&cx, true), bob.poll(&cx, true)), (None, None));
        assert_eq!((streams.revoke("ada"), streams.revoke("eve")), (1, 0));
        assert_eq!(ada.poll(&cx, false), Some(Reason::Revoked));
        assert_eq!(bob.poll(&cx, false), None);
    }

    #[test]
    fn a_drain_tells_all_and_admits_nobody() {
        let streams = streams(9, 9, 9);
        let mut open = streams.admit(who(None, None)).unwrap();
        streams.drain();
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(open.poll(&cx, false), Some(Reason::Drain));
        assert_eq!(streams.admit(who(None, None)).unwrap_err(), Full::Draining);
    }
}
