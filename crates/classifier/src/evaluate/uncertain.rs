//! Whether the uncertain band holds what is uncertain, and little else.

use domain::Tag;

use super::Judged;

/// Decisions that are certain, or that are not ([`domain::Tags::is_uncertain`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// Which.
    pub name: &'static str,
    /// Decisions: a tag of a text, held or not.
    pub decisions: usize,
    /// Those that agree with the labels.
    pub right: usize,
}

/// The certain, then the uncertain.
pub(super) fn bands(judged: &[Judged]) -> [Band; 2] {
    let mut bands = ["certain", "uncertain"].map(|name| Band { name, decisions: 0, right: 0 });
    for Judged { truth, tags, .. } in judged {
        for (output, tag) in Tag::all().enumerate().filter(|(output, _)| truth.known[*output]) {
            let band = &mut bands[usize::from(tags.is_uncertain(tag))];
            band.decisions += 1;
            band.right += usize::from(tags.has(tag) == truth.holds[output]);
        }
    }
    bands
}
