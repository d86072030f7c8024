//! Runs of words, and how far they lie apart. The index decides NEAR by the same functions.

/// A run of words: the positions of its first and its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Position of the first word.
    pub first: u32,
    /// Position of the last word.
    pub last: u32,
}

/// Whether some span of one side lies at most `distance` words from some span of the other, in either order. Spans that share
/// a word are not near each other: a word is not near itself. Both sides must be sorted.
pub fn are_near(left: &[Span], right: &[Span], distance: u32) -> bool {
    left.iter().any(|span| follows_within(*span, right, distance))
        || right.iter().any(|span| follows_within(*span, left, distance))
}

/// Whether one of `others`, which are sorted, begins behind `span` and at most `distance` words from its end.
fn follows_within(span: Span, others: &[Span], distance: u32) -> bool {
    let behind = others.partition_point(|other| other.first <= span.last);
    others.get(behind).is_some_and(|other| other.first - span.last <= distance)
}

/// The spans of `side` that lie near one of `others`. Both sides must be sorted.
pub(crate) fn near_ones(side: &[Span], others: &[Span], distance: u32) -> Vec<Span> {
    let mut ends: Vec<u32> = others.iter().map(|other| other.last).collect();
    ends.sort_unstable();
    let is_near = |span: &&Span| {
        let before = ends.partition_point(|end| *end < span.first);
        let follows = before.checked_sub(1).is_some_and(|index| span.first - ends[index] <= distance);
        follows || follows_within(**span, others, distance)
    };
    side.iter().filter(is_near).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(pairs: &[(u32, u32)]) -> Vec<Span> {
        pairs.iter().map(|(first, last)| Span { first: *first, last: *last }).collect()
    }

    #[test]
    fn neighbours_are_one_apart() {
        assert!(are_near(&spans(&[(3, 3)]), &spans(&[(4, 4)]), 1));
        assert!(are_near(&spans(&[(4, 4)]), &spans(&[(3, 3)]), 1));
        assert!(!are_near(&spans(&[(3, 3)]), &spans(&[(5, 5)]), 1));
        assert!(are_near(&spans(&[(0, 2)]), &spans(&[(4, 5)]), 2));
    }

    #[test]
    fn a_word_is_not_near_itself() {
        assert!(!are_near(&spans(&[(3, 3)]), &spans(&[(3, 3)]), 5));
        assert!(are_near(&spans(&[(3, 3), (6, 6)]), &spans(&[(3, 3), (6, 6)]), 5));
        assert!(!are_near(&spans(&[(1, 3)]), &spans(&[(3, 3)]), 5));
    }

    #[test]
    fn only_near_ones_are_kept() {
        assert_eq!(near_ones(&spans(&[(1, 1), (50, 50)]), &spans(&[(0, 0), (3, 3)]), 2), spans(&[(1, 1)]));
    }
}
