//! All readers together, held against each other and against what was published.

use std::collections::{BTreeMap, HashMap};

use sse_runtime::Position;

use super::{
    account::Account,
    fates::Fates,
    finding::Finding,
    history::{Client, Value},
};

/// What is wrong with a history.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) findings: Vec<Finding>,
}

impl Verdict {
    pub(super) fn of(mut accounts: Vec<Account>, fates: &Fates, head: Position) -> Self {
        let findings =
            accounts.iter_mut().flat_map(|account| std::mem::take(&mut account.findings)).collect();
        let mut verdict = Self { findings };
        verdict.find_inconsistent(&accounts, fates);
        verdict.find_twice(&accounts, fates);
        verdict.find_lost(&accounts, fates, head);
        verdict.find_diverged(&accounts, head);
        verdict
    }

    /// A position names one event for all time, and so what came before a reset counts too.
    fn find_inconsistent(&mut self, accounts: &[Account], fates: &Fates) {
        let mut contents: HashMap<Position, Vec<Value>> = HashMap::new();
        let delivered = accounts.iter().flat_map(|account| account.delivered.iter().copied());
        for (position, value) in fates.published().chain(delivered) {
            let known = contents.entry(position).or_default();
            if known.contains(&value) {
                continue;
            }
            if let Some(&one) = known.first() {
                self.findings.push(Finding::Inconsistent { position, one, other: value });
            }
            known.push(value);
        }
    }

    /// What a reader got before a reset may be gone, and published anew.
    fn find_twice(&mut self, accounts: &[Account], fates: &Fates) {
        let mut places: HashMap<Value, Vec<Position>> = HashMap::new();
        let read = accounts.iter().flat_map(|account| account.era.read.iter().copied());
        for (position, value) in fates.published().chain(read) {
            let known = places.entry(value).or_default();
            if known.contains(&position) {
                continue;
            }
            if let Some(&one) = known.iter().find(|known| known.is_same_log(&position)) {
                self.findings.push(Finding::Twice { value, one, other: position });
            }
            known.push(position);
        }
    }

    fn find_lost(&mut self, accounts: &[Account], fates: &Fates, head: Position) {
        for Account { client, era, .. } in accounts {
            for (position, value) in fates.published() {
                if is_up_to(head, position) && era.is_due(position) && !era.has(value) {
                    let (client, part) = (*client, era.part(position));
                    self.findings.push(Finding::Lost { client, part, position, value });
                }
            }
        }
    }

    /// Compares what readers hold, whatever the publishers know: two that stood at the same
    /// place have the same from there to the end, but for what they were told is gone.
    fn find_diverged(&mut self, accounts: &[Account], head: Position) {
        let mut held: BTreeMap<(u64, Value), (Position, Client)> = BTreeMap::new();
        for account in accounts {
            for (position, value) in &account.era.read {
                if is_up_to(head, *position) {
                    held.entry((position.seq(), *value)).or_insert((*position, account.client));
                }
            }
        }
        for Account { client, era, .. } in accounts {
            for (&(_, value), &(position, other)) in &held {
                if era.is_due(position) && !era.has(value) {
                    let client = *client;
                    self.findings.push(Finding::Diverged { client, other, position, value });
                }
            }
        }
    }
}

fn is_up_to(head: Position, position: Position) -> bool {
    head.is_same_log(&position) && position.seq() <= head.seq()
}
