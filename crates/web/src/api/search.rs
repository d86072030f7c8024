//! Searching with the query language.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use query::QueryError;
use search::{Facets, Hit, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ApiError, mentions::MentionBody};
use crate::{app::App, error::WebError, i18n::Localizer, search_view::query_problem};

const DEFAULT_LIMIT: usize = 50;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/search", get(search))
}

/// What is looked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchQuery {
    /// In the query language; everything if it is missing or empty.
    #[param(example = "colis NEAR/5 (perdu OR volé) emotion:anger")]
    q: String,
    /// How many, at most 500; 50 if not said.
    limit: Option<usize>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count what all mentions that match are about.
    facets: bool,
}

/// A mention that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HitBody {
    #[serde(flatten)]
    mention: MentionBody,
    /// The words that were asked for, as pairs of first and behind-last byte of the text.
    highlights: Vec<(usize, usize)>,
    /// The same for the title.
    title_highlights: Vec<(usize, usize)>,
}

impl From<Hit> for HitBody {
    fn from(hit: Hit) -> Self {
        Self {
            highlights: hit.highlights.iter().map(|range| (range.start, range.end)).collect(),
            title_highlights: hit.title_highlights.iter().map(|range| (range.start, range.end)).collect(),
            mention: hit.into(),
        }
    }
}

/// A page of mentions that were found.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SearchBody {
    /// How many there are on all pages.
    total: usize,
    /// The newest first.
    mentions: Vec<HitBody>,
    /// The `cursor` of the next page; none on the last.
    next: Option<String>,
    /// What all that match are about; only when asked for.
    facets: Option<FacetsBody>,
}

/// How many mentions carry each value, most first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FacetsBody {
    brand: Vec<FacetBody>,
    source: Vec<FacetBody>,
    language: Vec<FacetBody>,
    emotion: Vec<FacetBody>,
    cause: Vec<FacetBody>,
    kind: Vec<FacetBody>,
}

/// How many mentions carry a value.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FacetBody {
    value: String,
    mentions: usize,
}

impl From<Facets> for FacetsBody {
    fn from(facets: Facets) -> Self {
        let counts = |counts: Vec<(String, usize)>| {
            counts.into_iter().map(|(value, mentions)| FacetBody { value, mentions }).collect()
        };
        Self {
            brand: counts(facets.brand),
            source: counts(facets.source),
            language: counts(facets.language),
            emotion: counts(facets.emotion),
            cause: counts(facets.cause),
            kind: counts(facets.kind),
        }
    }
}

/// Why a query cannot be read, and where.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QueryErrorBody {
    /// A stable name, such as `query-unclosed-quote`.
    #[schema(example = "query-unclosed-quote")]
    error: &'static str,
    /// What is wrong and what to do, in the language of `Accept-Language`.
    message: String,
    /// Where, counted from 1, in characters.
    column: usize,
}

/// A refused search.
pub(super) enum SearchRefusal {
    Query(Localizer, QueryError),
    Web(WebError),
}

impl IntoResponse for SearchRefusal {
    fn into_response(self) -> Response {
        match self {
            Self::Query(l, error) => {
                let message = query_problem(l, &error);
                let body = QueryErrorBody { error: error.kind.key(), message, column: error.column };
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            Self::Web(error) => error.into_response(),
        }
    }
}

/// Mentions that match a query, the newest first.
#[utoipa::path(
    get, path = "/search", params(SearchQuery),
    responses(
        (status = 200, body = SearchBody),
        (status = 400, description = "The query cannot be read, or the cursor is of no page", body = QueryErrorBody),
        (status = 401, body = ApiError),
    )
)]
pub(super) async fn search(
    State(app): State<App>,
    l: Localizer,
    Query(search): Query<SearchQuery>,
) -> Result<Json<SearchBody>, SearchRefusal> {
    let parsed = match search.q.trim() {
        "" => query::Query::everything(),
        text => query::parse_in(text, l.zone).map_err(|error| SearchRefusal::Query(l, error))?,
    };
    let limit = search.limit.unwrap_or(DEFAULT_LIMIT).min(PageRequest::MAX_LIMIT);
    let request = PageRequest { limit, cursor: search.cursor, facets: search.facets };
    let page =
        app.search.search(&parsed, &request).await.map_err(|error| SearchRefusal::Web(error.into()))?;
    Ok(Json(SearchBody {
        total: page.total,
        mentions: page.hits.into_iter().map(HitBody::from).collect(),
        next: page.next,
        facets: search.facets.then(|| page.facets.into()),
    }))
}
