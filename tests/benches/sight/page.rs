//! What Prometheus makes of the page of metrics.

use sse_runtime::names::DELIVERY_DURATION;

/// The latency of one phase of deliveries.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// The upper edge of each bucket in seconds, and how many lie below it.
    buckets: Vec<(f64, f64)>,
    sum: f64,
    pub(crate) count: f64,
}

impl Histogram {
    pub(crate) fn of(page: &str, phase: &str) -> Self {
        let mut histogram = Self::default();
        let phase = format!("phase=\"{phase}\"");
        for line in page.lines().filter(|line| line.contains(&phase)) {
            let Some((what, labels)) =
                line.strip_prefix(DELIVERY_DURATION).and_then(|line| line.split_once('{'))
            else {
                continue;
            };
            let value = line.rsplit(' ').next().and_then(|value| value.parse().ok());
            let value = value.expect("a line ends in a number");
            match what {
                "_sum" => histogram.sum = value,
                "_count" => histogram.count = value,
                _ => {
                    let edge =
                        labels.split_once("le=\"").and_then(|(_, edge)| edge.split_once('"'));
                    let (edge, _) = edge.expect("a bucket has an edge");
                    histogram.buckets.push((edge.parse().expect("a number"), value));
                }
            }
        }
        histogram
    }

    /// `histogram_quantile`: evenly spread within the bucket.
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        let rank = self.count * quantile;
        let (mut from, mut before) = (0.0, 0.0);
        for &(to, below) in &self.buckets {
            if below >= rank {
                return if to.is_finite() {
                    from + (to - from) * (rank - before) / (below - before)
                } else {
                    from
                };
            }
            (from, before) = (to, below);
        }
        from
    }

    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.count
    }
}
