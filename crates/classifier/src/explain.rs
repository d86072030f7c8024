//! Why a text carries a tag: the words without which it would not, found by leaving them out (occlusion: Li et al.,
//! "Understanding Neural Networks through Representation Erasure", 2016).

use std::ops::Range;

use domain::{Reason, Tags};

use crate::{ClassifierError, TextTagger};

/// A text is left out piece by piece, in at most so many pieces: each costs as much as tagging the text.
const MOST_PIECES: usize = 36;
/// Only the beginning of a long text is asked about: as much as fits into two windows of the model.
const MAX_CHARS: usize = 1_500;
/// Pieces are named until together they make this share of what all such pieces add to a tag …
const SHARE: f32 = 0.6;
/// … but no more than this.
const MOST_NAMED: usize = 4;
/// A piece that adds less to a tag, in logits, is chance.
const LEAST: f32 = 0.15;

/// Finds the words behind each tag that holds.
///
/// # Errors
/// The model fails.
pub async fn explain(tagger: &dyn TextTagger, text: &str) -> Result<Vec<Reason>, ClassifierError> {
    let text = beginning(text);
    let pieces = pieces(text);
    let without = |piece: &Range<usize>| format!("{} {}", &text[..piece.start], &text[piece.end..]);
    let texts = std::iter::once(text.to_owned()).chain(pieces.iter().map(without)).collect();
    let mut tags = tagger.tag(texts).await?.into_iter();
    let whole = tags.next().unwrap_or_default();
    let without: Vec<Tags> = tags.collect();
    Ok(whole
        .held
        .iter()
        .map(|&tag| {
            let score = whole.score(tag);
            let adds: Vec<f32> = without.iter().map(|tags| logit(score) - logit(tags.score(tag))).collect();
            Reason { tag, score, words: strongest(&pieces, &adds) }
        })
        .collect())
}

/// The pieces that add most, joined where they touch.
fn strongest(pieces: &[Range<usize>], adds: &[f32]) -> Vec<Range<usize>> {
    let mut order: Vec<usize> = (0..pieces.len()).filter(|&place| adds[place] >= LEAST).collect();
    order.sort_by(|&a, &b| adds[b].total_cmp(&adds[a]));
    let enough = SHARE * order.iter().map(|&place| adds[place]).sum::<f32>();
    let mut sum = 0.0;
    let mut named: Vec<usize> = Vec::new();
    for place in order.into_iter().take(MOST_NAMED) {
        if sum >= enough {
            break;
        }
        sum += adds[place];
        named.push(place);
    }
    named.sort_unstable();
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    for place in named {
        match words.last_mut() {
            Some(word) if last == Some(place - 1) => word.end = pieces[place].end,
            _ => words.push(pieces[place].clone()),
        }
        last = Some(place);
    }
    words
}

/// A text up to the last whole word within the bound.
fn beginning(text: &str) -> &str {
    match text.char_indices().nth(MAX_CHARS) {
        None => text,
        Some((end, _)) => &text[..text[..end].rfind(char::is_whitespace).unwrap_or(end)],
    }
}

/// The words of a text; several together where there are many.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut start = None;
    for (index, character) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, character.is_whitespace()) {
            (None, false) => start = Some(index),
            (Some(from), true) => {
                words.push(from..index);
                start = None;
            }
            _ => {}
        }
    }
    let together = words.len().div_ceil(MOST_PIECES).max(1);
    words.chunks(together).map(|words| words[0].start..words[words.len() - 1].end).collect()
}

fn logit(score: f32) -> f32 {
    let score = score.clamp(1e-4, 1.0 - 1e-4);
    (score / (1.0 - score)).ln()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use domain::{Emotion, Tag};
    use proptest::prelude::{any, proptest};

    use super::*;

    /// Is angry where both words stand, a little where one does.
    struct Angry;

    #[async_trait]
    impl TextTagger for Angry {
        fn version(&self) -> &str {
            "angry"
        }

        async fn tag(&self, texts: Vec<String>) -> Result<Vec<Tags>, ClassifierError> {
            let tags = |text: &String| {
                let words = ["quelle", "honte"].iter().filter(|word| text.contains(**word)).count();
                let mut tags = Tags::default();
                tags.emotions.insert(Emotion::Anger, [0.05, 0.4, 0.95][words]);
                tags.held.extend((words == 2).then_some(Tag::Emotion(Emotion::Anger)));
                tags
            };
            Ok(texts.iter().map(tags).collect())
        }
    }

    #[tokio::test]
    async fn the_words_that_carry_a_tag_are_found_and_joined() {
        let text = "Colis perdu, quelle honte !";
        let reasons = explain(&Angry, text).await.unwrap();
        assert_eq!(reasons.len(), 1);
        assert_eq!(reasons[0].tag, Tag::Emotion(Emotion::Anger));
        let words: Vec<&str> = reasons[0].words.iter().map(|word| &text[word.clone()]).collect();
        assert_eq!(words, ["quelle honte"]);
        assert!(explain(&Angry, "Merci").await.unwrap().is_empty());
        assert!(explain(&Angry, "").await.unwrap().is_empty());
    }

    #[test]
    fn long_texts_are_cut_into_few_pieces() {
        assert_eq!(pieces("un  deux\ntrois"), [0..2, 4..8, 9..14]);
        assert_eq!(pieces(&"mot ".repeat(100)).len(), 34);
        assert_eq!(beginning(&"motif ".repeat(100_000)).len(), 1_499);
        assert_eq!(beginning(&"é".repeat(2_000)).chars().count(), MAX_CHARS);
    }

    proptest! {
        #[test]
        fn pieces_are_words_of_the_text_in_order(text in any::<String>()) {
            let text = beginning(&text);
            let pieces = pieces(text);
            assert!(pieces.len() <= MOST_PIECES);
            assert!(pieces.iter().all(|piece| !text[piece.clone()].trim().is_empty()));
            assert!(pieces.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }
}
