//! What the benchmarks share.

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints whether a figure is where it should be.
pub(crate) fn verdict(name: &str, value: f64, target: &str, reached: bool) {
    let word = if reached { "REACHED" } else { "MISSED" };
    println!("{name}: {value:.2} (target {target}) {word}");
}
