//! Incidents: list, one, acknowledge, resolve.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{get, post},
};
use chrono::{DateTime, Utc};
use domain::{BrandId, Incident, Series, Subject, incident::IncidentMention};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApiError;
use crate::{app::App, auth::Session, error::WebError, pages::incidents::announce};

/// Incidents in an answer.
const MOST: usize = 200;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/incidents", get(list))
        .route("/incidents/{id}", get(show))
        .route("/incidents/{id}/acknowledge", post(acknowledge))
        .route("/incidents/{id}/resolve", post(resolve))
}

/// An incident: alerts of one story or cause, which one person deals with once.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentBody {
    id: i64,
    brand: String,
    /// `story`, `cause` or `volume`.
    #[schema(example = "cause")]
    subject: &'static str,
    /// The story's id or the cause.
    subject_of: Option<String>,
    /// `open`, `acknowledged` or `resolved`.
    #[schema(example = "open")]
    status: &'static str,
    opened_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    acknowledged_by: Option<String>,
    acknowledged_at: Option<DateTime<Utc>>,
    resolved_by: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
    alerts: Vec<AlertBody>,
    mention_count: u32,
    /// Potential audience of its mentions.
    reach: u64,
    emotions: Vec<CountBody>,
    causes: Vec<CountBody>,
    sources: Vec<CountBody>,
    first_mention: Option<QuoteBody>,
    top_mentions: Vec<QuoteBody>,
}

/// One firing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AlertBody {
    /// `mentions`, or an emotion.
    #[schema(example = "anger")]
    series: &'static str,
    fired_at: DateTime<Utc>,
    /// Mentions in the window.
    observed: u32,
    /// What is usual in such a window at this hour.
    expected: f32,
    /// Distance from usual, in robust standard deviations.
    score: f32,
    window_seconds: u32,
}

/// How many mentions carry a value.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CountBody {
    value: String,
    mentions: u32,
}

/// A mention as an incident quotes it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuoteBody {
    source: String,
    external_id: String,
    excerpt: String,
    url: Option<String>,
    published_at: DateTime<Utc>,
    reach: u64,
}

impl From<IncidentMention> for QuoteBody {
    fn from(mention: IncidentMention) -> Self {
        Self {
            source: mention.key.source,
            external_id: mention.key.external_id,
            excerpt: mention.excerpt,
            url: mention.url,
            published_at: mention.published_at,
            reach: mention.reach,
        }
    }
}

fn counts<T: ToString>(counts: Vec<(T, u32)>) -> Vec<CountBody> {
    counts.into_iter().map(|(value, mentions)| CountBody { value: value.to_string(), mentions }).collect()
}

impl From<Incident> for IncidentBody {
    fn from(incident: Incident) -> Self {
        let (subject, subject_of) = match incident.subject {
            Subject::Story(story) => ("story", Some(story.0)),
            Subject::Cause(cause) => ("cause", Some(cause.to_string())),
            Subject::Volume => ("volume", None),
        };
        let alerts = incident.alerts.into_iter().map(|alert| AlertBody {
            series: match alert.series {
                Series::Mentions => "mentions",
                Series::Emotion(emotion) => emotion.as_str(),
            },
            fired_at: alert.fired_at,
            observed: alert.observed,
            expected: alert.expected,
            score: alert.score,
            window_seconds: alert.window_seconds,
        });
        Self {
            id: incident.id,
            brand: incident.brand.to_string(),
            subject,
            subject_of,
            status: incident.status.as_str(),
            opened_at: incident.opened_at,
            updated_at: incident.updated_at,
            acknowledged_by: incident.acknowledged_by,
            acknowledged_at: incident.acknowledged_at,
            resolved_by: incident.resolved_by,
            resolved_at: incident.resolved_at,
            alerts: alerts.collect(),
            mention_count: incident.mention_count,
            reach: incident.reach,
            emotions: counts(incident.emotions),
            causes: counts(incident.causes),
            sources: counts(incident.sources),
            first_mention: incident.first_mention.map(QuoteBody::from),
            top_mentions: incident.top_mentions.into_iter().map(QuoteBody::from).collect(),
        }
    }
}

/// Which incidents.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only this brand.
    #[param(value_type = Option<String>)]
    brand: Option<BrandId>,
    /// Also those that are resolved.
    resolved: bool,
}

/// The incidents, the newest first, at most 200.
#[utoipa::path(
    get, path = "/incidents", params(ListQuery),
    responses((status = 200, body = Vec<IncidentBody>), (status = 401, body = ApiError))
)]
pub(super) async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<IncidentBody>>, WebError> {
    let brand = query.brand.as_ref();
    let mut incidents = if query.resolved {
        app.alerting.recent(brand, MOST).await?
    } else {
        app.alerting.open(brand).await?
    };
    incidents.truncate(MOST);
    Ok(Json(incidents.into_iter().map(IncidentBody::from).collect()))
}

/// One incident.
#[utoipa::path(
    get, path = "/incidents/{id}", params(("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = IncidentBody), (status = 404, body = ApiError))
)]
pub(super) async fn show(
    State(app): State<App>,
    Path(id): Path<i64>,
) -> Result<Json<IncidentBody>, WebError> {
    Ok(Json(app.alerting.find(id).await?.into()))
}

/// Says that the caller is on it.
#[utoipa::path(
    post, path = "/incidents/{id}/acknowledge", params(("id" = i64, Path, description = "Its number")),
    responses(
        (status = 200, body = IncidentBody),
        (status = 403, body = ApiError),
        (status = 404, body = ApiError),
        (status = 409, description = "It was resolved meanwhile", body = ApiError),
    )
)]
pub(super) async fn acknowledge(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Json<IncidentBody>, WebError> {
    let incident = app.alerting.acknowledge(id, &session.user).await?;
    announce(&app, &incident);
    Ok(Json(incident.into()))
}

/// Says that it is over.
#[utoipa::path(
    post, path = "/incidents/{id}/resolve", params(("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = IncidentBody), (status = 403, body = ApiError), (status = 404, body = ApiError))
)]
pub(super) async fn resolve(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Json<IncidentBody>, WebError> {
    let incident = app.alerting.resolve(id, &session.user).await?;
    announce(&app, &incident);
    Ok(Json(incident.into()))
}
