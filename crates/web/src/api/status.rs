//! How the program's parts and the sources are doing, with reasons.

use axum::{Json, Router, extract::State, routing::get};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiError;
use crate::{app::App, health};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/status", get(status))
}

/// What works and what does not.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatusBody {
    version: &'static str,
    parts: Vec<PartBody>,
    sources: Vec<SourceBody>,
}

/// A part of the program.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartBody {
    name: String,
    /// Why it does not work and what to do; none while all is well.
    error: Option<String>,
}

/// A source that is read.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceBody {
    /// The collector's name.
    name: String,
    /// The source it reads.
    source: String,
    healthy: bool,
    last_success_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
    posts_today: u64,
}

/// The same as `/health`, with reasons: only for those who are logged in.
#[utoipa::path(
    get, path = "/status",
    responses((status = 200, body = StatusBody), (status = 401, body = ApiError))
)]
pub(super) async fn status(State(app): State<App>) -> Json<StatusBody> {
    let parts = health::check(&app).await.into_iter();
    let sources = (app.sources)().into_iter();
    Json(StatusBody {
        version: env!("CARGO_PKG_VERSION"),
        parts: parts.map(|part| PartBody { name: part.name, error: part.error }).collect(),
        sources: sources
            .map(|row| SourceBody {
                name: row.name,
                source: row.source,
                healthy: row.healthy,
                last_success_at: row.last_success_at,
                last_error: row.last_error,
                posts_today: row.posts_today,
            })
            .collect(),
    })
}
