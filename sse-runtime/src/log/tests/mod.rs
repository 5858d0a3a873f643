//! The log against a model that is written from what it promises.

mod driver;
mod edges;
mod joins;
mod model;
mod ops;
mod readers;
mod strategies;

use driver::Driver;
use ops::Op;
use proptest::{collection::vec, prelude::*};
use strategies::{bounds, op, plain};

proptest! {
    // Half as many as usual, because each is long; `PROPTEST_CASES` asks for more.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases / 2,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever happens, in whatever order: every answer is that of the model, and every reader
    /// gets what comes after its position, once, in order, or is told how much is gone.
    #[test]
    fn a_log_answers_like_its_model(bounds in bounds(), ops in vec(op(), 1..60)) {
        let mut driver = Driver::new(bounds);
        ops.into_iter().for_each(|op| driver.run(op));
        driver.finish();
    }

    /// Whatever little is kept for those who come back: who reads whenever it is woken gets
    /// everything, ephemeral events included.
    #[test]
    fn who_reads_when_it_is_woken_misses_nothing(
        bounds in bounds(),
        listeners in 1..4_usize,
        looks in any::<bool>(),
        ops in vec(prop_oneof![3 => plain(), 1 => Just(Op::Show)], 1..40),
    ) {
        let mut driver = Driver::new(bounds);
        driver.everybody_reads_when_woken(listeners, looks);
        ops.into_iter().for_each(|op| driver.run(op));
        driver.finish();
    }
}
