//! Medians and other quantiles of measurements.

/// Several measurements of one quantity.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<f64>);

impl FromIterator<f64> for Sample {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self(values)
    }
}

impl Sample {
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    pub fn min(&self) -> f64 {
        self.at(0.0)
    }

    pub fn max(&self) -> f64 {
        self.at(1.0)
    }

    /// Returns the quantile for `part`, from 0 to 1.
    pub fn at(&self, part: f64) -> f64 {
        match self.0.len() {
            0 => f64::NAN,
            count => self.0[((count - 1) as f64 * part).round() as usize],
        }
    }
}
