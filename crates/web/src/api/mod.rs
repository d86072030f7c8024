//! The JSON API under `/api/v1`: what a page can do, programs can.
//!
//! Wire types are apart from the domain's, so that one can change without the other; each module has its own. A handler
//! carries its OpenAPI description in `#[utoipa::path]` and is listed in [`ApiDocument`].

mod case_bodies;
mod cases;
mod incidents;
mod mentions;
mod search;
mod status;
mod trends;

use axum::{Json, Router, routing::get};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::security::{ApiKey, ApiKeyValue, SecurityScheme},
};

use crate::{app::App, error::WebError};

/// All routes of the API, relative to `/api/v1`.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .merge(cases::routes())
        .merge(incidents::routes())
        .merge(mentions::routes())
        .merge(search::routes())
        .merge(status::routes())
        .merge(trends::routes())
        .route("/openapi.json", get(document))
        .fallback(|| async { WebError::NotFound })
}

/// The body of every error.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its description is used; `error.rs` writes the body")]
struct ApiError {
    /// A stable name, such as `not-found`.
    #[schema(example = "not-found")]
    error: String,
    /// What happened and what to do, in the language of `Accept-Language`.
    message: String,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vigie",
        description = "Mentions, incidents and cases as the pages show them. Log in for a session cookie; changes also need the header X-CSRF-Token, which every page holds in <meta name=\"csrf-token\">.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/api/v1")),
    paths(
        incidents::list,
        incidents::show,
        incidents::acknowledge,
        incidents::resolve,
        mentions::list,
        search::search,
        cases::list,
        cases::counts,
        cases::show,
        cases::assign,
        cases::release,
        cases::answer,
        cases::close,
        trends::timeline,
        trends::causes,
        trends::shares,
        trends::sources,
        trends::languages,
        trends::totals,
        status::status,
    ),
    components(schemas(ApiError)),
    modifiers(&SessionCookie),
    security(("session" = []))
)]
struct ApiDocument;

/// How callers show who they are.
struct SessionCookie;

impl Modify for SessionCookie {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        if let Some(components) = document.components.as_mut() {
            let cookie = ApiKey::Cookie(ApiKeyValue::new("vigie_session"));
            components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        }
    }
}

/// `GET /api/v1/openapi.json`
async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(ApiDocument::openapi())
}
