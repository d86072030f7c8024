//! The feed of mentions.

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use chrono::{DateTime, Utc};
use domain::{BrandId, Cause, Emotion};
use query::{Field, Node};
use search::{Hit, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiError;
use crate::{app::App, error::WebError};

const DEFAULT_LIMIT: usize = 50;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/mentions", get(list))
}

/// A mention in its current version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MentionBody {
    source: String,
    external_id: String,
    /// `post`, `review`, `comment` or `article`.
    kind: &'static str,
    brands: Vec<String>,
    title: Option<String>,
    text: String,
    url: Option<String>,
    /// A keyed pseudonym, the same for the same author of a source.
    author: Option<String>,
    /// Written by an official account of the brand.
    official: bool,
    /// Stars, 1 to 5.
    rating: Option<f32>,
    /// BCP 47.
    language: String,
    /// Near-duplicates share it.
    story: String,
    /// Whether it told the story first.
    story_first: bool,
    emotions: Vec<ScoreBody>,
    causes: Vec<ScoreBody>,
    complaint: bool,
    /// Whether someone at the brand should answer it.
    answer: bool,
    /// Potential audience.
    reach: u64,
    replies: u64,
    reposts: u64,
    likes: u64,
    published_at: DateTime<Utc>,
}

/// A tag that holds, with the model's score.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ScoreBody {
    tag: &'static str,
    /// 0 to 1.
    score: f32,
}

impl From<Hit> for MentionBody {
    fn from(hit: Hit) -> Self {
        let emotions = hit.emotions.iter().map(|(tag, score)| ScoreBody { tag: tag.as_str(), score: *score });
        let causes = hit.causes.iter().map(|(tag, score)| ScoreBody { tag: tag.as_str(), score: *score });
        Self {
            kind: hit.kind.as_str(),
            emotions: emotions.collect(),
            causes: causes.collect(),
            source: hit.key.source,
            external_id: hit.key.external_id,
            brands: hit.brands.into_iter().map(String::from).collect(),
            title: hit.title,
            text: hit.text,
            url: hit.url,
            author: hit.author,
            official: hit.official,
            rating: hit.rating,
            language: hit.language.to_string(),
            story: hit.story.id.0,
            story_first: hit.story.first,
            complaint: hit.complaint,
            answer: hit.answer,
            reach: hit.reach,
            replies: hit.engagement.replies,
            reposts: hit.engagement.reposts,
            likes: hit.engagement.likes,
            published_at: hit.published_at,
        }
    }
}

/// A page of mentions.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MentionsBody {
    /// How many there are on all pages.
    total: usize,
    mentions: Vec<MentionBody>,
    /// The `cursor` of the next page; none on the last.
    next: Option<String>,
}

/// Which mentions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only this brand.
    #[param(value_type = Option<String>)]
    brand: Option<BrandId>,
    /// Only mentions with this emotion.
    #[param(value_type = Option<String>, example = "anger")]
    emotion: Option<Emotion>,
    /// Only mentions with this cause.
    #[param(value_type = Option<String>, example = "delivery")]
    cause: Option<Cause>,
    /// How many, at most 500; 50 if not said.
    limit: Option<usize>,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// Mentions, the newest first.
#[utoipa::path(
    get, path = "/mentions", params(ListQuery),
    responses((status = 200, body = MentionsBody), (status = 400, body = ApiError), (status = 401, body = ApiError))
)]
pub(super) async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<MentionsBody>, WebError> {
    let brand = query.brand.map(Field::Brand);
    let emotion = query.emotion.map(Field::Emotion);
    let cause = query.cause.map(Field::Cause);
    let conditions = brand.into_iter().chain(emotion).chain(cause).map(Node::Field).collect();
    let search = query::Query { root: Node::and(conditions), time_zone: chrono_tz::UTC };
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).min(PageRequest::MAX_LIMIT);
    let request = PageRequest { limit, cursor: query.cursor, facets: false };
    let page = app.search.search(&search, &request).await?;
    let mentions = page.hits.into_iter().map(MentionBody::from).collect();
    Ok(Json(MentionsBody { total: page.total, mentions, next: page.next }))
}
