//! Why a mention carries its tags: the words without which it would not.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Html,
};
use domain::{Flag, MentionKey, Tag};
use search::Hit;
use serde::Deserialize;

use crate::{
    app::App,
    context::PageContext,
    error::WebError,
    i18n::Localizer,
    view::{Chip, MentionView, Piece, html, pieces},
};

/// The words around those that are shown, in characters.
const SHOWN_CHARS: usize = 600;

/// Which mention.
#[derive(Debug, Deserialize)]
pub(crate) struct WhyQuery {
    source: String,
    id: String,
}

/// One tag and its words.
struct ReasonView {
    chip: Chip,
    score: String,
    /// The model does not find it in this text today: the first text of the story had it, or an earlier version of the model.
    taken_over: bool,
    /// The text with the words marked; empty where none stands out.
    text: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "pages/why.html")]
struct WhyPage {
    l: Localizer,
    page: PageContext,
    mention: MentionView,
    reasons: Vec<ReasonView>,
}

/// `GET /mentions/why`
pub(crate) async fn show(
    State(app): State<App>,
    page: PageContext,
    Query(query): Query<WhyQuery>,
) -> Result<Html<String>, WebError> {
    let l = page.l;
    let key = MentionKey::new(query.source, query.id);
    let hit = app.search.get(&key).await?.ok_or(WebError::NotFound)?;
    let text = domain::full_text(hit.title.as_deref(), &hit.text);
    let carried = carried(&hit);
    let found = if hit.language.is_supported() && !carried.is_empty() {
        (app.explain)(text.clone()).await.map_err(|error| {
            tracing::error!(error, "the reasons for the tags of a mention cannot be found");
            WebError::Internal
        })?
    } else {
        Vec::new()
    };
    // What the mention carries is told, also where the model of today would say otherwise.
    let reasons = carried
        .into_iter()
        .map(|(tag, score)| {
            let reason = found.iter().find(|reason| reason.tag == tag);
            let words = reason.map_or(&[][..], |reason| &reason.words);
            let score = score.or(reason.map(|reason| reason.score));
            ReasonView {
                chip: Chip::tag(l, tag, score.unwrap_or(1.0)),
                score: score.map(|score| l.percent(score)).unwrap_or_default(),
                taken_over: reason.is_none(),
                text: if words.is_empty() { Vec::new() } else { pieces(&text, words, SHOWN_CHARS) },
            }
        })
        .collect();
    html(&WhyPage { l, mention: MentionView::new(l, &page.brands, &hit), page, reasons })
}

/// The tags of a mention; the index keeps no score of the flags.
fn carried(hit: &Hit) -> Vec<(Tag, Option<f32>)> {
    let emotions = hit.emotions.iter().map(|(tag, score)| (Tag::Emotion(*tag), Some(*score)));
    let causes = hit.causes.iter().map(|(tag, score)| (Tag::Cause(*tag), Some(*score)));
    let complaint = hit.complaint.then_some((Tag::Flag(Flag::Complaint), None));
    let answer = hit.answer.then_some((Tag::Flag(Flag::Answer), None));
    emotions.chain(causes).chain(complaint).chain(answer).collect()
}
