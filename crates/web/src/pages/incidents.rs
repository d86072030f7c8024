//! The incidents by themselves, and what people do about them.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{Html, Redirect},
};
use domain::{Incident, LiveEvent};

use crate::{
    app::App, auth::Session, context::PageContext, error::WebError, i18n::Localizer,
    incident_view::IncidentView, view::html,
};

#[derive(Template)]
#[template(path = "pages/incidents.html")]
struct IncidentsPart {
    l: Localizer,
    page: PageContext,
    incidents: Vec<IncidentView>,
}

/// `GET /incidents`: the open incidents, as the alerts page takes them in when something changed.
pub(crate) async fn show(State(app): State<App>, page: PageContext) -> Result<Html<String>, WebError> {
    let incidents = app.alerting.open(page.brand.as_ref()).await?;
    let incidents =
        incidents.iter().map(|incident| IncidentView::new(page.l, &page.brands, incident)).collect();
    html(&IncidentsPart { l: page.l, page, incidents })
}

/// `POST /incidents/{id}/acknowledge`
pub(crate) async fn acknowledge(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Redirect, WebError> {
    let incident = app.alerting.acknowledge(id, &session.user).await?;
    announce(&app, &incident);
    Ok(Redirect::to("/"))
}

/// `POST /incidents/{id}/resolve`
pub(crate) async fn resolve(
    State(app): State<App>,
    session: Session,
    Path(id): Path<i64>,
) -> Result<Redirect, WebError> {
    let incident = app.alerting.resolve(id, &session.user).await?;
    announce(&app, &incident);
    Ok(Redirect::to("/"))
}

/// Lets open pages know. Nobody may be listening, which is no error.
pub(crate) fn announce(app: &App, incident: &Incident) {
    let _ = app.live.send(LiveEvent::Incident(Box::new(incident.clone())));
}
