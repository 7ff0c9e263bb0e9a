//! Order statistics.

/// The `q` quantile (0..=1) of the values, by linear interpolation between order statistics (Hyndman and
/// Fan 1996, type 7). `None` for no values. The values are reordered.
pub fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let at = q.clamp(0.0, 1.0) * (values.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = at.ceil() as usize;
    Some(values[below] + (values[above] - values[below]) * (at - below as f64))
}

/// The median of the values; `None` for no values. The values are reordered.
pub fn median(values: &mut [f64]) -> Option<f64> {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&mut [4.0, 1.0, 3.0, 2.0], 0.5), Some(2.5));
        assert_eq!(quantile(&mut [1.0, 2.0, 3.0], 1.0), Some(3.0));
        assert_eq!(median(&mut []), None);
    }
}
