//! What templates show of mentions and incidents: ready words, no logic left to do.

use std::ops::Range;

use askama::Template;
use axum::response::Html;
use domain::{Brand, BrandId, Cause, Emotion, MentionKey, Tag, is_uncertain_score};
use search::Hit;
use sha2::{Digest, Sha256};

use crate::{address::address, error::WebError, i18n::Localizer, icons::Icon};

/// Renders a page or a fragment as a handler's answer.
pub(crate) fn html(template: &impl Template) -> Result<Html<String>, WebError> {
    Ok(Html(template.render()?))
}

/// The longest text of a mention in a list, in characters.
const EXCERPT_CHARS: usize = 420;

/// A tag as a chip: colour and shape by its key, words for everybody.
#[derive(Debug, Clone)]
pub(crate) struct Chip {
    /// `emotion-anger`, `cause-delivery`: class and icon.
    pub(crate) class: String,
    pub(crate) label: String,
    /// A sentence with the score or the count, shown on hover and read by screen readers.
    pub(crate) detail: String,
    /// A short figure after the label; empty for none.
    pub(crate) figure: String,
    /// The score says little either way.
    pub(crate) uncertain: bool,
}

impl Chip {
    pub(crate) fn icon(&self) -> Icon {
        crate::icons::icon(&self.class)
    }

    /// An emotion with the model's score.
    pub(crate) fn emotion(l: Localizer, emotion: Emotion, score: f32) -> Self {
        Self::scored(l, "emotion", emotion.as_str(), l.family("emotion", emotion.as_str()), score)
    }

    /// A cause with the model's score.
    pub(crate) fn cause(l: Localizer, cause: Cause, score: f32) -> Self {
        Self::scored(l, "cause", cause.as_str(), l.family("cause", cause.as_str()), score)
    }

    fn scored(l: Localizer, group: &str, name: &str, label: String, score: f32) -> Self {
        let uncertain = is_uncertain_score(score);
        let key = if uncertain { "tag-score-uncertain" } else { "tag-score" };
        let detail = l.t2(key, "tag", &label, "score", l.percent(score));
        Self { class: format!("{group}-{name}"), label, detail, figure: String::new(), uncertain }
    }

    /// A tag of any group with the model's score.
    pub(crate) fn tag(l: Localizer, tag: Tag, score: f32) -> Self {
        match tag {
            Tag::Emotion(emotion) => Self::emotion(l, emotion, score),
            Tag::Cause(cause) => Self::cause(l, cause, score),
            Tag::Flag(flag) => Self::scored(l, "flag", flag.as_str(), l.family("flag", flag.as_str()), score),
        }
    }

    /// An emotion by itself, as filters name it.
    pub(crate) fn plain_emotion(l: Localizer, emotion: Emotion) -> Self {
        let label = l.family("emotion", emotion.as_str());
        Self {
            class: format!("emotion-{emotion}"),
            detail: label.clone(),
            label,
            figure: String::new(),
            uncertain: false,
        }
    }

    /// A cause by itself.
    pub(crate) fn plain_cause(l: Localizer, cause: Cause) -> Self {
        let label = l.family("cause", cause.as_str());
        Self {
            class: format!("cause-{cause}"),
            detail: label.clone(),
            label,
            figure: String::new(),
            uncertain: false,
        }
    }

    /// An emotion with how many mentions carry it.
    pub(crate) fn emotion_count(l: Localizer, emotion: Emotion, count: u64) -> Self {
        Self::counted(l, "emotion", emotion.as_str(), l.family("emotion", emotion.as_str()), count)
    }

    /// A cause with how many mentions carry it.
    pub(crate) fn cause_count(l: Localizer, cause: Cause, count: u64) -> Self {
        Self::counted(l, "cause", cause.as_str(), l.family("cause", cause.as_str()), count)
    }

    fn counted(l: Localizer, group: &str, name: &str, label: String, count: u64) -> Self {
        let detail = l.t2("tag-count", "tag", &label, "count", count);
        Self { class: format!("{group}-{name}"), label, detail, figure: l.number(count), uncertain: false }
    }
}

/// An entry of a list to choose from.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

impl Choice {
    pub(crate) fn new(value: &str, label: String, chosen: bool) -> Self {
        Self { value: value.to_owned(), label, chosen }
    }
}

/// A moment as `<time>` shows it.
#[derive(Debug, Clone)]
pub(crate) struct When {
    pub(crate) machine: String,
    pub(crate) full: String,
    pub(crate) ago: String,
}

impl When {
    pub(crate) fn new(l: Localizer, at: chrono::DateTime<chrono::Utc>) -> Self {
        Self { machine: l.machine_time(at), full: l.date_time(at), ago: l.ago(at) }
    }
}

/// A piece of text, marked where it is what was searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) marked: bool,
}

/// A mention in a list.
#[derive(Debug, Clone)]
pub(crate) struct MentionView {
    /// The element's id: the same for every version of the mention.
    pub(crate) dom_id: String,
    pub(crate) title: Vec<Piece>,
    pub(crate) text: Vec<Piece>,
    /// The text's language, for screen readers and hyphenation.
    pub(crate) language: String,
    pub(crate) source: String,
    pub(crate) kind: String,
    /// The brands it concerns; empty where only one is watched.
    pub(crate) brands: String,
    pub(crate) url: Option<String>,
    /// Stars out of five; empty without a rating.
    pub(crate) rating: String,
    pub(crate) emotions: Vec<Chip>,
    pub(crate) causes: Vec<Chip>,
    /// The model does not read the language: no tag means nothing.
    pub(crate) unsupported: bool,
    /// Where the reasons for the tags are told; empty where there are none.
    pub(crate) why: String,
    pub(crate) wants_answer: bool,
    pub(crate) official: bool,
    /// A near-duplicate of a text told before.
    pub(crate) repost: bool,
    pub(crate) reposts: u64,
    pub(crate) reach: u64,
    pub(crate) reach_short: String,
    pub(crate) when: When,
}

impl MentionView {
    pub(crate) fn new(l: Localizer, brands: &[Brand], hit: &Hit) -> Self {
        let name = |id: &BrandId| {
            brands
                .iter()
                .find(|brand| brand.id == *id)
                .map_or_else(|| id.to_string(), |brand| brand.name.clone())
        };
        Self {
            dom_id: dom_id(&hit.key),
            title: pieces(hit.title.as_deref().unwrap_or_default(), &hit.title_highlights, EXCERPT_CHARS),
            text: pieces(&hit.text, &hit.highlights, EXCERPT_CHARS),
            language: hit.language.to_string(),
            source: source_name(l, &hit.key.source),
            kind: l.family("kind", hit.kind.as_str()),
            brands: if brands.len() > 1 {
                hit.brands.iter().map(name).collect::<Vec<_>>().join(", ")
            } else {
                String::new()
            },
            url: hit.url.as_deref().filter(|url| is_web_address(url)).map(str::to_owned),
            rating: hit.rating.map(|rating| l.t1("mention-rating", "stars", rating)).unwrap_or_default(),
            emotions: hit.emotions.iter().map(|(tag, score)| Chip::emotion(l, *tag, *score)).collect(),
            causes: hit.causes.iter().map(|(tag, score)| Chip::cause(l, *tag, *score)).collect(),
            unsupported: !hit.language.is_supported(),
            why: if !hit.language.is_supported()
                || (hit.emotions.is_empty() && hit.causes.is_empty() && !hit.complaint && !hit.answer)
            {
                String::new()
            } else {
                let id =
                    [("source", Some(hit.key.source.as_str())), ("id", Some(hit.key.external_id.as_str()))];
                address("/mentions/why", &id)
            },
            wants_answer: hit.answer,
            official: hit.official,
            repost: !hit.story.first,
            reposts: hit.engagement.reposts,
            reach: hit.reach,
            reach_short: l.compact(hit.reach),
            when: When::new(l, hit.published_at),
        }
    }
}

/// An element's id for a mention.
pub(crate) fn dom_id(key: &MentionKey) -> String {
    let hash = Sha256::digest(key.to_string().as_bytes());
    hash.iter().take(8).fold("m-".to_owned(), |id, byte| format!("{id}{byte:02x}"))
}

/// The name of a source on the screens; one that we do not know is shown as it is.
pub(crate) fn source_name(l: Localizer, source: &str) -> String {
    l.find(&format!("source-{}", source.replace('_', "-"))).unwrap_or_else(|| source.to_owned())
}

/// Only addresses of the web become links: a source could name `javascript:` or `data:` ones.
pub(crate) fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The beginning of a text, cut in pieces at what is marked. Starts a little before the first mark when that lies beyond
/// the excerpt.
pub(crate) fn pieces(text: &str, marks: &[Range<usize>], max_chars: usize) -> Vec<Piece> {
    let first_mark = marks.first().map_or(0, |mark| mark.start);
    let start = if text[..first_mark].chars().count() + 80 > max_chars {
        text[..first_mark].char_indices().rev().nth(60).map_or(0, |(index, _)| index)
    } else {
        0
    };
    let end = text[start..].char_indices().nth(max_chars).map_or(text.len(), |(index, _)| start + index);
    let mut pieces = Vec::new();
    let mut push = |text: &str, marked| {
        if !text.is_empty() {
            pieces.push(Piece { text: text.to_owned(), marked });
        }
    };
    if start > 0 {
        push("… ", false);
    }
    let mut at = start;
    for mark in marks.iter().filter(|mark| mark.start >= start && mark.start < end) {
        if mark.start < at {
            continue;
        }
        let mark_end = mark.end.min(end);
        push(&text[at..mark.start], false);
        push(&text[mark.start..mark_end], true);
        at = mark_end;
    }
    push(&text[at..end], false);
    if end < text.len() {
        push(" …", false);
    }
    pieces
}

/// One mention as an item of a list: what the stream sends.
#[derive(Template)]
#[template(path = "partials/mention.html")]
pub(crate) struct MentionItem<'a> {
    pub(crate) l: Localizer,
    pub(crate) mention: &'a MentionView,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.marked { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    fn mark(start: usize) -> Vec<Range<usize>> {
        one(start..start + 5)
    }

    fn one(mark: Range<usize>) -> Vec<Range<usize>> {
        std::iter::once(mark).collect()
    }

    #[test]
    fn marks_and_excerpts_keep_whole_characters() {
        assert_eq!(shown(&pieces("été à Brest", &mark(0), 100)), "[été] à Brest");
        assert_eq!(shown(&pieces("ééééé", &[], 3)), "ééé …");
        let long = format!("{}colis perdu", "é".repeat(500));
        let text = shown(&pieces(&long, &mark(1000), 100));
        assert!(text.starts_with("… é") && text.ends_with("[colis] perdu"), "{text}");
    }

    #[test]
    fn a_mark_across_the_end_of_the_excerpt_is_cut_there() {
        let mark = one(4..30);
        assert_eq!(
            shown(&pieces("mon colis est perdu depuis mardi", &mark, 100)),
            "mon [colis est perdu depuis mar]di"
        );
        let long = "mot ".repeat(200);
        let text = shown(&pieces(&long, &one(516..700), 600));
        assert!(text.contains("[mot ") && text.ends_with("] …"), "{text}");
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(is_web_address("https://social.example/1"));
        assert!(!is_web_address("javascript:alert(1)"));
    }
}
