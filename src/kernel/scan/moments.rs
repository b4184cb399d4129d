//! Variances and covariances with fading weights.

/// How many numbers run.
pub(super) const PARTS: usize = 8;

/// The moments of pairs of values whose weights fade, the newest counting 1.
///
/// West (1979), "Updating mean and variance estimates": sums of squares are kept about the running mean, so that values
/// far from zero lose nothing.
#[derive(Clone, Copy, Default)]
pub(super) struct Moments {
    weight: f64,
    /// The sum of the squares of weights.
    squares: f64,
    count: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Moments {
    pub(super) fn of(parts: [f64; PARTS]) -> Self {
        let [weight, squares, count, x, y, xx, xy, yy] = parts;
        Moments { weight, squares, count, x, y, xx, xy, yy }
    }

    pub(super) fn parts(self) -> [f64; PARTS] {
        [self.weight, self.squares, self.count, self.x, self.y, self.xx, self.xy, self.yy]
    }

    /// Everything that there is loses weight.
    #[inline(always)]
    pub(super) fn fade(&mut self, decay: f64) {
        self.weight *= decay;
        self.squares *= decay * decay;
        self.xx *= decay;
        self.xy *= decay;
        self.yy *= decay;
    }

    #[inline(always)]
    pub(super) fn add(&mut self, x: f64, y: f64) {
        self.weight += 1.0;
        self.squares += 1.0;
        self.count += 1.0;
        let (dx, dy) = (x - self.x, y - self.y);
        self.x += dx / self.weight;
        self.y += dy / self.weight;
        self.xx += dx * (x - self.x);
        self.xy += dx * (y - self.y);
        self.yy += dy * (y - self.y);
    }

    /// Takes in what is later; what there is has faded already.
    pub(super) fn join(&mut self, later: &Moments) {
        let weight = self.weight + later.weight;
        let count = self.count + later.count;
        if later.weight == 0.0 {
            return;
        }
        if self.weight == 0.0 {
            *self = Moments { count, ..*later };
            return;
        }
        let (dx, dy) = (later.x - self.x, later.y - self.y);
        let share = later.weight / weight;
        let both = self.weight * share;
        self.xx += later.xx + dx * dx * both;
        self.xy += later.xy + dx * dy * both;
        self.yy += later.yy + dy * dy * both;
        self.x += dx * share;
        self.y += dy * share;
        self.squares += later.squares;
        (self.weight, self.count) = (weight, count);
    }

    /// The weights of all values, where that of one would be 1.
    pub(super) fn weight(&self) -> f64 {
        self.weight
    }

    /// What part of the variance the weights show; 0 where there are too few values.
    fn shown(&self) -> f64 {
        match self.count >= 2.0 {
            true => 1.0 - self.squares / (self.weight * self.weight),
            false => 0.0,
        }
    }

    /// The covariance of the population that the values were drawn from; NaN where there are too few.
    pub(super) fn covariance(&self) -> f64 {
        match self.shown() {
            shown if shown > 0.0 => self.xy / self.weight / shown,
            _ => f64::NAN,
        }
    }

    /// The correlation; NaN where there are too few values, or no variance.
    pub(super) fn correlation(&self) -> f64 {
        let scale = (self.xx * self.yy).sqrt();
        if self.shown() > 0.0 && scale > 0.0 { self.xy / scale } else { f64::NAN }
    }
}
