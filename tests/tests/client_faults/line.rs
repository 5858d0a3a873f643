//! The line between a client and the server: two proxies, one behind the other, so that a
//! connection dribbles or repeats itself before it breaks.

use std::time::Duration;

use fastrand::Rng;
use sse_tests::proxy::{Fault, Proxy};

use crate::shop::Shop;

/// Passes everything: a plan that keeps its place among the others.
const NOTHING: Fault = Fault::Cut { after: usize::MAX };

pub(crate) struct Line {
    /// Dribbles and repeats.
    near: Proxy,
    /// Breaks.
    far: Proxy,
}

impl Line {
    /// One whose first connections all break.
    pub(crate) async fn broken(shop: &Shop, breaks: usize, seed: u64) -> Self {
        let far = Proxy::start(shop.address).await;
        let near = Proxy::start(far.address()).await;
        let mut random = Rng::with_seed(seed);
        for number in 0..breaks {
            far.next(end(number, &mut random));
            near.next(nuisance(&mut random));
        }
        Self { near, far }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.near.address())
    }

    /// How many connections have been broken.
    pub(crate) fn broke(&self) -> usize {
        self.far.struck()
    }

    /// How many have dribbled or repeated something.
    pub(crate) fn annoyed(&self) -> usize {
        self.near.struck()
    }
}

fn end(number: usize, random: &mut Rng) -> Fault {
    // A few of them, evenly, because they cost a second each.
    if number % 40 == 20 {
        return Fault::Stall { after: random.usize(..3_000) };
    }
    // About half of them within the head and `sse.open`.
    let most = if random.bool() { 900 } else { 4_000 };
    let after = random.usize(..most);
    match random.u8(..20) {
        0 => Fault::Refuse,
        1..=4 => Fault::Reset { after },
        5..=11 => Fault::Cut { after },
        12..=15 => Fault::CutBody { after },
        _ => Fault::Truncate { after },
    }
}

fn nuisance(random: &mut Rng) -> Fault {
    match random.u8(..8) {
        0 => {
            let bytes = random.usize(1..64);
            Fault::Dribble { bytes, pause: Duration::from_millis(1) }
        }
        1..=4 => Fault::Duplicate { block: random.usize(..8) },
        _ => NOTHING,
    }
}
