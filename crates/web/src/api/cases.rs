//! Cases: list, one with its history, and what people do with them.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use casework::{Answer, CaseError, CaseFilter, CaseOrder};
use domain::{BrandId, Case, CaseStatus, Cause, Emotion};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    ApiError,
    case_bodies::{
        AnswerRequest, CaseBody, CaseCountsBody, CaseDetailBody, CasesBody, CloseRequest, RevisionRequest,
    },
};
use crate::{
    app::App,
    auth::Session,
    case_view::refusal,
    error::{ApiErrorBody, WebError},
    i18n::Localizer,
    pages::cases::announce,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/cases", get(list))
        .route("/cases/counts", get(counts))
        .route("/cases/{id}", get(show))
        .route("/cases/{id}/assign", post(assign))
        .route("/cases/{id}/release", post(release))
        .route("/cases/{id}/answer", post(answer))
        .route("/cases/{id}/close", post(close))
}

/// Why a case was not changed, in the caller's language and under the name that `casework` gives it.
pub(super) struct Refusal(Localizer, String, CaseError);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(l, user, error) = self;
        let status = match &error {
            CaseError::NotFound(_) => return WebError::NotFound.into_response(),
            CaseError::State(_) => return WebError::internal(error).into_response(),
            CaseError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            CaseError::Taken { .. } | CaseError::Changed(_) | CaseError::WrongStatus { .. } => {
                StatusCode::CONFLICT
            }
        };
        (status, Json(ApiErrorBody { error: error.key(), message: refusal(l, &user, &error) }))
            .into_response()
    }
}

/// Which cases.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only this brand.
    #[param(value_type = Option<String>)]
    brand: Option<BrandId>,
    /// Only this status: `new`, `assigned`, `answered`, `closed` or `reopened`.
    #[param(value_type = Option<String>, example = "new")]
    status: Option<CaseStatus>,
    /// Only what this person has.
    assignee: Option<String>,
    /// Only texts with this emotion.
    #[param(value_type = Option<String>, example = "anger")]
    emotion: Option<Emotion>,
    /// Only texts with this cause.
    #[param(value_type = Option<String>, example = "delivery")]
    cause: Option<Cause>,
    /// Only cases that still wait after their limit.
    overdue: bool,
    /// `due_first`, `newest_first` or `reach_first`.
    #[param(value_type = Option<String>, example = "due_first")]
    order: CaseOrder,
    /// Where the page begins, as the page before said in `next`.
    skip: usize,
}

/// A page of 50 cases.
#[utoipa::path(
    get, path = "/cases", params(ListQuery),
    responses((status = 200, body = CasesBody), (status = 400, body = ApiError), (status = 401, body = ApiError))
)]
pub(super) async fn list(
    State(app): State<App>,
    l: Localizer,
    Query(query): Query<ListQuery>,
) -> Result<Json<CasesBody>, WebError> {
    let filter = CaseFilter {
        brand: query.brand,
        statuses: query.status.into_iter().collect(),
        assignee: query.assignee,
        emotion: query.emotion,
        cause: query.cause,
        overdue: query.overdue,
        order: query.order,
        skip: query.skip,
    };
    let page = app.casework.cases(&filter).await.map_err(WebError::internal)?;
    let cases = page.cases.into_iter().map(|case| CaseBody::new(case, l.now)).collect();
    Ok(Json(CasesBody { total: page.total, cases, next: page.next_skip }))
}

/// Which cases are counted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct CountsQuery {
    /// Only this brand.
    #[param(value_type = Option<String>)]
    brand: Option<BrandId>,
}

/// The inbox at a glance.
#[utoipa::path(
    get, path = "/cases/counts", params(CountsQuery),
    responses((status = 200, body = CaseCountsBody), (status = 401, body = ApiError))
)]
pub(super) async fn counts(
    State(app): State<App>,
    Query(query): Query<CountsQuery>,
) -> Result<Json<CaseCountsBody>, WebError> {
    let counts = app.casework.counts(query.brand.as_ref()).await.map_err(WebError::internal)?;
    Ok(Json(counts.into()))
}

/// One case with its history.
#[utoipa::path(
    get, path = "/cases/{id}", params(("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = CaseDetailBody), (status = 404, body = ApiError))
)]
pub(super) async fn show(
    State(app): State<App>,
    l: Localizer,
    Path(id): Path<i64>,
) -> Result<Json<CaseDetailBody>, WebError> {
    let case = app.casework.case(id).await.map_err(WebError::internal)?.ok_or(WebError::NotFound)?;
    let history = app.casework.history(id).await.map_err(WebError::internal)?;
    Ok(Json(CaseDetailBody {
        case: CaseBody::new(case, l.now),
        history: history.into_iter().map(Into::into).collect(),
    }))
}

/// The caller takes a case that nobody has.
#[utoipa::path(
    post, path = "/cases/{id}/assign", params(("id" = i64, Path, description = "Its number")),
    request_body = RevisionRequest,
    responses(
        (status = 200, body = CaseBody),
        (status = 404, body = ApiError),
        (status = 409, description = "Somebody has it, or it changed since that revision", body = ApiError),
    )
)]
pub(super) async fn assign(
    State(app): State<App>,
    l: Localizer,
    session: Session,
    Path(id): Path<i64>,
    Json(request): Json<RevisionRequest>,
) -> Result<Json<CaseBody>, Refusal> {
    tell(&app, l, &session, app.casework.assign(id, &session.user, request.revision).await)
}

/// The caller gives a case back.
#[utoipa::path(
    post, path = "/cases/{id}/release", params(("id" = i64, Path, description = "Its number")),
    request_body = RevisionRequest,
    responses(
        (status = 200, body = CaseBody),
        (status = 404, body = ApiError),
        (status = 409, description = "Nobody has it, or it changed since that revision", body = ApiError),
    )
)]
pub(super) async fn release(
    State(app): State<App>,
    l: Localizer,
    session: Session,
    Path(id): Path<i64>,
    Json(request): Json<RevisionRequest>,
) -> Result<Json<CaseBody>, Refusal> {
    tell(&app, l, &session, app.casework.release(id, &session.user, request.revision).await)
}

/// The caller answered in public: the clock stops.
#[utoipa::path(
    post, path = "/cases/{id}/answer", params(("id" = i64, Path, description = "Its number")),
    request_body = AnswerRequest,
    responses(
        (status = 200, body = CaseBody),
        (status = 404, body = ApiError),
        (status = 409, description = "Somebody else has it, or it changed since that revision", body = ApiError),
        (status = 422, description = "The answer cannot be kept", body = ApiError),
    )
)]
pub(super) async fn answer(
    State(app): State<App>,
    l: Localizer,
    session: Session,
    Path(id): Path<i64>,
    Json(request): Json<AnswerRequest>,
) -> Result<Json<CaseBody>, Refusal> {
    let answer = Answer { text: request.text, url: request.url };
    tell(&app, l, &session, app.casework.mark_answered(id, &session.user, answer, request.revision).await)
}

/// The caller closes a case.
#[utoipa::path(
    post, path = "/cases/{id}/close", params(("id" = i64, Path, description = "Its number")),
    request_body = CloseRequest,
    responses(
        (status = 200, body = CaseBody),
        (status = 404, body = ApiError),
        (status = 409, description = "Somebody else has it, or it changed since that revision", body = ApiError),
    )
)]
pub(super) async fn close(
    State(app): State<App>,
    l: Localizer,
    session: Session,
    Path(id): Path<i64>,
    Json(request): Json<CloseRequest>,
) -> Result<Json<CaseBody>, Refusal> {
    tell(&app, l, &session, app.casework.close(id, &session.user, request.reason, request.revision).await)
}

/// Tells the caller how it went, and open pages what changed.
fn tell(
    app: &App,
    l: Localizer,
    session: &Session,
    result: Result<Case, CaseError>,
) -> Result<Json<CaseBody>, Refusal> {
    let case = result.map_err(|error| Refusal(l, session.user.clone(), error))?;
    announce(app, &case);
    Ok(Json(CaseBody::new(case, l.now)))
}
