//! Which rows are shown where there are more than a person reads.

use std::cmp::Reverse;

/// How many there may be.
pub(super) const MOST: usize = 100;

/// By what a row is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight {
    pub(super) lag: u64,
    /// What happens there, in thousandths of an event a second.
    pub(super) rate: u64,
    pub(super) readers: usize,
    pub(super) number: u64,
}

/// Half of the rows are those that lag the most, the others those where most happens. Among equal
/// ones those that are there for longest: what is shown must not change each second for
/// no reason.
pub(super) fn top<T>(mut rows: Vec<T>, most: usize, weigh: impl Fn(&T) -> Weight) -> Vec<T> {
    if rows.len() <= most {
        return rows;
    }
    let half = most / 2;
    rows.select_nth_unstable_by_key(half, |row| {
        let Weight { lag, rate, readers, number } = weigh(row);
        (Reverse(lag), Reverse(rate), Reverse(readers), number)
    });
    let (_, others) = rows.split_at_mut(half);
    if others.len() > most - half {
        others.select_nth_unstable_by_key(most - half, |row| {
            let Weight { rate, readers, number, .. } = weigh(row);
            (Reverse(rate), Reverse(readers), number)
        });
    }
    rows.truncate(most);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(rows: &[Weight], most: usize) -> Vec<u64> {
        let mut numbers: Vec<_> =
            top(rows.to_vec(), most, |row| *row).iter().map(|row| row.number).collect();
        numbers.sort_unstable();
        numbers
    }

    fn row(number: u64, lag: u64, rate: u64) -> Weight {
        Weight { lag, rate, readers: 0, number }
    }

    #[test]
    fn few_are_all_shown() {
        let rows = [row(3, 0, 0), row(1, 0, 0)];
        assert_eq!(numbers(&rows, 2), [1, 3]);
    }

    #[test]
    fn those_that_lag_and_those_that_are_busy_are_shown() {
        let mut rows: Vec<_> = (0..1_000).map(|number| row(number, 0, 0)).collect();
        rows[700] = row(700, 9, 0);
        rows[800] = row(800, 0, 9);
        rows[900] = row(900, 3, 5);
        assert_eq!(numbers(&rows, 4), [0, 700, 800, 900]);
        assert_eq!(numbers(&rows[..500], 4), [0, 1, 2, 3]);
    }

    #[test]
    fn one_more_than_there_may_be_leaves_out_the_newest() {
        let rows: Vec<_> = (0..11).map(|number| row(number, 0, 0)).collect();
        assert_eq!(numbers(&rows, 10), (0..10).collect::<Vec<_>>());
        assert_eq!(numbers(&rows, 1).len(), 1);
    }
}
