//! Trends: counts over time, from the history of all mentions.

use std::collections::BTreeMap;

use analytics::{AnalyticsError, TrendFilter};
use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::BrandId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiError;
use crate::{
    app::App,
    error::WebError,
    i18n::Localizer,
    parameters::optional,
    period::{Period, Span, Step},
};

/// The longest timelines, in days.
const MOST_DAYS_OF_HOURS: i64 = 62;
const MOST_DAYS: i64 = 1100;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/trends/timeline", get(timeline))
        .route("/trends/causes", get(causes))
        .route("/trends/shares", get(shares))
        .route("/trends/sources", get(sources))
        .route("/trends/languages", get(languages))
        .route("/trends/totals", get(totals))
}

/// Which mentions are counted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct TrendsQuery {
    /// Only this brand.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<String>)]
    brand: Option<BrandId>,
    /// `24h`, `7d`, `30d` or `90d`, unless `from` and `to` are said; `7d` if nothing is. Days begin at midnight of the brand.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<String>, example = "7d")]
    period: Option<Period>,
    /// The first moment (RFC 3339), rounded down to the hour.
    #[serde(deserialize_with = "optional")]
    from: Option<DateTime<Utc>>,
    /// The end (RFC 3339), itself not included, rounded up to the hour.
    #[serde(deserialize_with = "optional")]
    to: Option<DateTime<Utc>>,
    /// Only this source.
    #[serde(deserialize_with = "optional")]
    source: Option<String>,
    /// Only this language (BCP 47).
    #[serde(deserialize_with = "optional")]
    language: Option<String>,
}

impl TrendsQuery {
    fn filter(&self, l: Localizer) -> Result<TrendFilter, WebError> {
        let span = match (self.from, self.to) {
            (None, None) => self.period.unwrap_or_default().span(l.now, l.zone),
            (Some(from), to) => Span { from, to: to.unwrap_or(l.now) },
            (None, Some(_)) => return Err(WebError::BadRequest("trends-bad-span")),
        };
        let length = span.to.signed_duration_since(span.from);
        if length <= TimeDelta::zero() || length > TimeDelta::days(MOST_DAYS) {
            return Err(WebError::BadRequest("trends-bad-span"));
        }
        Ok(TrendFilter {
            brands: self.brand.iter().cloned().collect(),
            from: span.from,
            to: span.to,
            source: self.source.clone(),
            language: self.language.clone(),
        })
    }
}

/// The length of a timeline's steps.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct BucketQuery {
    /// `hour` or `day`; if it is not said, what suits the period.
    #[serde(deserialize_with = "optional")]
    #[param(value_type = Option<String>, example = "day")]
    bucket: Option<Step>,
}

/// Mentions over time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TimelineBody {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// `hour` or `day`.
    #[schema(example = "day")]
    bucket: &'static str,
    /// Every step from `from` to `to`, those without mentions too.
    points: Vec<PointBody>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PointBody {
    /// When it begins.
    at: DateTime<Utc>,
    mentions: u64,
    complaints: u64,
    /// Mentions by emotion; one may carry several.
    emotions: BTreeMap<&'static str, u64>,
}

/// How often a cause was named.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CauseBody {
    cause: &'static str,
    mentions: u64,
    /// In the period of the same length just before.
    before: u64,
}

/// A brand beside the others.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ShareBody {
    brand: String,
    mentions: u64,
    complaints: u64,
    /// Mentions with at least one of the five emotions.
    emotional: u64,
}

/// How many mentions have a value.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ValueBody {
    value: String,
    mentions: u64,
}

/// All of it together.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TotalsBody {
    mentions: u64,
    complaints: u64,
    /// Mentions with at least one of the five emotions.
    emotional: u64,
    /// Potential audience.
    reach: u64,
}

/// Mentions, complaints and emotions over time.
#[utoipa::path(
    get, path = "/trends/timeline", params(TrendsQuery, BucketQuery),
    responses(
        (status = 200, body = TimelineBody),
        (status = 400, body = ApiError),
        (status = 503, description = "The history cannot be read at the moment", body = ApiError),
    )
)]
pub(super) async fn timeline(
    State(app): State<App>,
    l: Localizer,
    Query(query): Query<TrendsQuery>,
    Query(BucketQuery { bucket }): Query<BucketQuery>,
) -> Result<Json<TimelineBody>, WebError> {
    let filter = query.filter(l)?;
    let days = (filter.to - filter.from).num_days();
    let step = bucket.unwrap_or(if days <= 2 { Step::Hour } else { Step::Day });
    if step == Step::Hour && days > MOST_DAYS_OF_HOURS {
        return Err(WebError::BadRequest("trends-bad-span"));
    }
    let points = app.analytics.timeline(&filter, step.bucket(), l.zone).await?;
    let point = |point: analytics::TimelinePoint| PointBody {
        at: point.at,
        mentions: point.mentions,
        complaints: point.complaints,
        emotions: point.emotions.into_iter().map(|(emotion, count)| (emotion.as_str(), count)).collect(),
    };
    let points = points.into_iter().map(point).collect();
    Ok(Json(TimelineBody { from: filter.from, to: filter.to, bucket: step.as_str(), points }))
}

/// Causes, most first, against the period before.
#[utoipa::path(
    get, path = "/trends/causes", params(TrendsQuery),
    responses((status = 200, body = Vec<CauseBody>), (status = 400, body = ApiError), (status = 503, body = ApiError))
)]
pub(super) async fn causes(
    State(app): State<App>,
    l: Localizer,
    Query(query): Query<TrendsQuery>,
) -> Result<Json<Vec<CauseBody>>, WebError> {
    let causes = app.analytics.causes(&query.filter(l)?).await?;
    let body = |count: analytics::CauseCount| CauseBody {
        cause: count.cause.as_str(),
        mentions: count.mentions,
        before: count.before,
    };
    Ok(Json(causes.into_iter().map(body).collect()))
}

/// Every brand beside the others; `brand` changes nothing here.
#[utoipa::path(
    get, path = "/trends/shares", params(TrendsQuery),
    responses((status = 200, body = Vec<ShareBody>), (status = 400, body = ApiError), (status = 503, body = ApiError))
)]
pub(super) async fn shares(
    State(app): State<App>,
    l: Localizer,
    Query(query): Query<TrendsQuery>,
) -> Result<Json<Vec<ShareBody>>, WebError> {
    let shares = app.analytics.shares(&query.filter(l)?).await?;
    let body = |share: analytics::BrandShare| ShareBody {
        brand: share.brand.into(),
        mentions: share.mentions,
        complaints: share.complaints,
        emotional: share.emotional,
    };
    Ok(Json(shares.into_iter().map(body).collect()))
}

/// Sources, most first.
#[utoipa::path(
    get, path = "/trends/sources", params(TrendsQuery),
    responses((status = 200, body = Vec<ValueBody>), (status = 400, body = ApiError), (status = 503, body = ApiError))
)]
pub(super) async fn sources(
    State(app): State<App>,
    l: Localizer,
    Query(query): Query<TrendsQuery>,
) -> Result<Json<Vec<ValueBody>>, WebError> {
    values(app.analytics.sources(&query.filter(l)?).await)
}

/// Languages, most first.
#[utoipa::path(
    get, path = "/trends/languages", params(TrendsQuery),
    responses((status = 200, body = Vec<ValueBody>), (status = 400, body = ApiError), (status = 503, body = ApiError))
)]
pub(super) async fn languages(
    State(app): State<App>,
    l: Localizer,
    Query(query): Query<TrendsQuery>,
) -> Result<Json<Vec<ValueBody>>, WebError> {
    values(app.analytics.languages(&query.filter(l)?).await)
}

fn values(counts: Result<Vec<(String, u64)>, AnalyticsError>) -> Result<Json<Vec<ValueBody>>, WebError> {
    let counts = counts?;
    Ok(Json(counts.into_iter().map(|(value, mentions)| ValueBody { value, mentions }).collect()))
}

/// All of it together.
#[utoipa::path(
    get, path = "/trends/totals", params(TrendsQuery),
    responses((status = 200, body = TotalsBody), (status = 400, body = ApiError), (status = 503, body = ApiError))
)]
pub(super) async fn totals(
    State(app): State<App>,
    l: Localizer,
    Query(query): Query<TrendsQuery>,
) -> Result<Json<TotalsBody>, WebError> {
    let totals = app.analytics.totals(&query.filter(l)?).await?;
    Ok(Json(TotalsBody {
        mentions: totals.mentions,
        complaints: totals.complaints,
        emotional: totals.emotional,
        reach: totals.reach,
    }))
}
