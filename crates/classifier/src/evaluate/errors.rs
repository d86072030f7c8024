//! The texts that were tagged wrongly, the surest mistakes first: what to read before changing anything.

use std::collections::BTreeMap;

use domain::Tag;
use serde::Serialize;

use super::Judged;
use crate::labels::LabelledText;

/// A text whose tags differ from its labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mistake<'a> {
    /// The text's id.
    pub id: &'a str,
    /// Its language.
    pub lang: &'a str,
    /// Where it comes from.
    pub source: &'a str,
    /// Tags that it carries and that were not found, with their scores.
    pub missed: BTreeMap<Tag, f32>,
    /// Tags found that it does not carry.
    pub false_alarms: BTreeMap<Tag, f32>,
    /// The text.
    pub text: &'a str,
    /// How far the worst score is from the truth.
    #[serde(skip)]
    distance: f32,
}

/// Compares texts with what was found in them, in the same order.
pub fn mistakes<'a>(texts: &'a [LabelledText], judged: &[Judged]) -> Vec<Mistake<'a>> {
    let mut mistakes: Vec<Mistake<'a>> =
        texts.iter().zip(judged).filter_map(|(text, judged)| mistake(text, judged)).collect();
    mistakes.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    mistakes
}

fn mistake<'a>(text: &'a LabelledText, Judged { truth, tags, .. }: &Judged) -> Option<Mistake<'a>> {
    let mut mistake = Mistake {
        id: &text.id,
        lang: &text.language,
        source: &text.source,
        missed: BTreeMap::new(),
        false_alarms: BTreeMap::new(),
        text: &text.text,
        distance: 0.0,
    };
    for (output, tag) in Tag::all().enumerate().filter(|(output, _)| truth.known[*output]) {
        let score = tags.score(tag);
        let (wrong, distance) = match (truth.holds[output], tags.has(tag)) {
            (true, false) => (&mut mistake.missed, 1.0 - score),
            (false, true) => (&mut mistake.false_alarms, score),
            _ => continue,
        };
        wrong.insert(tag, score);
        mistake.distance = mistake.distance.max(distance);
    }
    (!mistake.missed.is_empty() || !mistake.false_alarms.is_empty()).then_some(mistake)
}

#[cfg(test)]
mod tests {
    use domain::{Emotion, Tags};

    use super::*;
    use crate::labels::{OUTPUTS, Truth};

    #[test]
    fn the_surest_mistake_comes_first_and_what_is_right_is_left_out() {
        let text = |id: &str, carries: bool, score: f32| {
            let mut holds = [false; OUTPUTS];
            holds[0] = carries;
            let mut tags = Tags::default();
            tags.emotions.insert(Emotion::Anger, score);
            tags.held.extend((score > 0.5).then_some(Tag::Emotion(Emotion::Anger)));
            let text = LabelledText {
                id: id.into(),
                language: "fr".into(),
                source: String::new(),
                text: "…".into(),
                truth: Truth::unanimous(holds, [true; OUTPUTS]),
            };
            let judged = Judged::new(&text, tags);
            (text, judged)
        };
        let (texts, judged): (Vec<_>, Vec<_>) =
            [text("right", true, 0.9), text("near", true, 0.4), text("sure", false, 0.95)]
                .into_iter()
                .unzip();
        let found = mistakes(&texts, &judged);
        assert_eq!(found.iter().map(|mistake| mistake.id).collect::<Vec<_>>(), ["sure", "near"]);
        assert_eq!(found[1].missed.keys().next(), Some(&Tag::Emotion(Emotion::Anger)));
        assert!(serde_json::to_string(&found[0]).unwrap().contains(r#""false_alarms":{"anger":0.95}"#));
    }
}
