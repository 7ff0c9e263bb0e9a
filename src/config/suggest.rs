//! The nearest known word to a misspelt one.

/// Least Jaro-Winkler similarity for a word to be offered. At 0.8, one slip in a short word is still
/// found and unrelated words are not.
const NEAR: f64 = 0.8;

/// The candidate that `word` is most likely a misspelling of; the first of equals.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let similarity = strsim::jaro_winkler(&word, &candidate.to_lowercase());
        if similarity >= NEAR && best.is_none_or(|(s, _)| similarity > s) {
            best = Some((similarity, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_leaves_strangers() {
        let known = ["thresholds", "timeouts", "classes"];
        assert_eq!(nearest("treshold", known), Some("thresholds"));
        assert_eq!(nearest("Timeout", known), Some("timeouts"));
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(nearest("", known), None);
    }
}
