//! One case: its page, its row in the inbox, and what people do with it.
//!
//! Actions come from the same forms with and without script. htmx gets the row as it now is, with a notice where the action
//! was refused; a browser without script is led back, or shown the case's page with the notice.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
};
use casework::{Answer, CaseError};
use domain::{Case, LiveEvent};
use serde::Deserialize;

use super::inbox::CountsView;
use crate::{
    app::App,
    case_view::{CaseView, Draft, HistoryEntry, refusal},
    context::{PageContext, own_path},
    error::WebError,
    i18n::Localizer,
    parameters::optional,
    view::html,
};

#[derive(Template)]
#[template(path = "pages/case.html")]
struct CasePage {
    l: Localizer,
    page: PageContext,
    case: CaseView,
    history: Vec<HistoryEntry>,
    next: String,
}

#[derive(Template)]
#[template(path = "pages/case_row.html")]
struct CaseRow {
    l: Localizer,
    page: PageContext,
    case: CaseView,
    counts: CountsView,
    next: String,
}

/// What every form of a case sends.
#[derive(Debug, Deserialize)]
pub(crate) struct ActionForm {
    /// What the person had in front of them.
    revision: i64,
    #[serde(default)]
    text: String,
    #[serde(default)]
    url: String,
    #[serde(default, deserialize_with = "optional")]
    reason: Option<String>,
    /// Where to go back to without script.
    #[serde(default)]
    next: String,
}

/// `GET /inbox/{id}`
pub(crate) async fn show(
    State(app): State<App>,
    page: PageContext,
    Path(id): Path<i64>,
) -> Result<Html<String>, WebError> {
    let case = load(&app, id).await?;
    let view = CaseView::new(page.l, &page.user, &page.brands, &case);
    case_page(&app, page, view).await
}

/// `GET /inbox/{id}/row`: the case as an item of the inbox, for open pages that hear of a change.
pub(crate) async fn row(
    State(app): State<App>,
    page: PageContext,
    Path(id): Path<i64>,
) -> Result<Html<String>, WebError> {
    let case = load(&app, id).await?;
    let view = CaseView::new(page.l, &page.user, &page.brands, &case);
    case_row(&app, page, view, "/inbox").await
}

/// `POST /inbox/{id}/assign`
pub(crate) async fn assign(
    State(app): State<App>,
    page: PageContext,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Form(form): Form<ActionForm>,
) -> Result<Response, WebError> {
    let result = app.casework.assign(id, &page.user, form.revision).await;
    respond(&app, page, &headers, id, form, result).await
}

/// `POST /inbox/{id}/release`
pub(crate) async fn release(
    State(app): State<App>,
    page: PageContext,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Form(form): Form<ActionForm>,
) -> Result<Response, WebError> {
    let result = app.casework.release(id, &page.user, form.revision).await;
    respond(&app, page, &headers, id, form, result).await
}

/// `POST /inbox/{id}/answer`
pub(crate) async fn answer(
    State(app): State<App>,
    page: PageContext,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Form(form): Form<ActionForm>,
) -> Result<Response, WebError> {
    let url = Some(form.url.trim()).filter(|url| !url.is_empty()).map(str::to_owned);
    let answer = Answer { text: form.text.clone(), url };
    let result = app.casework.mark_answered(id, &page.user, answer, form.revision).await;
    respond(&app, page, &headers, id, form, result).await
}

/// `POST /inbox/{id}/close`
pub(crate) async fn close(
    State(app): State<App>,
    page: PageContext,
    headers: HeaderMap,
    Path(id): Path<i64>,
    Form(form): Form<ActionForm>,
) -> Result<Response, WebError> {
    let result = app.casework.close(id, &page.user, form.reason.clone(), form.revision).await;
    respond(&app, page, &headers, id, form, result).await
}

/// Tells the person how the action went, and everybody else's open pages what changed.
async fn respond(
    app: &App,
    page: PageContext,
    headers: &HeaderMap,
    id: i64,
    form: ActionForm,
    result: Result<Case, CaseError>,
) -> Result<Response, WebError> {
    let is_htmx = headers.contains_key("hx-request");
    let next = own_path(&form.next).to_owned();
    let error = match result {
        Ok(case) => {
            announce(app, &case);
            if !is_htmx {
                return Ok(Redirect::to(&next).into_response());
            }
            let view = CaseView::new(page.l, &page.user, &page.brands, &case);
            return Ok(case_row(app, page, view, &next).await?.into_response());
        }
        Err(CaseError::State(error)) => return Err(error.into()),
        Err(CaseError::NotFound(_)) => return Err(WebError::NotFound),
        Err(error) => error,
    };
    // Nobody loses what they wrote because somebody else was faster.
    let mut view = CaseView::new(page.l, &page.user, &page.brands, &load(app, id).await?);
    view.notice = refusal(page.l, &page.user, &error);
    view.draft = Draft { text: form.text, url: form.url };
    let status = match error {
        CaseError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    };
    if is_htmx {
        return Ok((status, case_row(app, page, view, &next).await?).into_response());
    }
    Ok((status, case_page(app, page, view).await?).into_response())
}

/// Lets open pages know. Nobody may be listening, which is no error.
pub(crate) fn announce(app: &App, case: &Case) {
    let _ = app.live.send(LiveEvent::Case(Box::new(case.clone())));
}

async fn load(app: &App, id: i64) -> Result<Case, WebError> {
    app.casework.case(id).await.map_err(WebError::internal)?.ok_or(WebError::NotFound)
}

async fn case_page(app: &App, page: PageContext, case: CaseView) -> Result<Html<String>, WebError> {
    let l = page.l;
    let events = app.casework.history(case.id).await.map_err(WebError::internal)?;
    let history = events.iter().map(|event| HistoryEntry::new(l, event)).collect();
    let next = format!("/inbox/{}", case.id);
    html(&CasePage { l, page, case, history, next })
}

async fn case_row(
    app: &App,
    mut page: PageContext,
    case: CaseView,
    next: &str,
) -> Result<Html<String>, WebError> {
    let counts = CountsView::load(app, &page).await?;
    // The context is from before the action.
    page.waiting_cases = counts.new;
    html(&CaseRow { l: page.l, page, case, counts, next: next.to_owned() })
}
