//! The first page: what is burning, then everything that is said, live.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Html,
};
use domain::Emotion;
use query::{Field, Node, Query as Search};
use serde::Deserialize;

use crate::{
    app::App,
    context::PageContext,
    error::WebError,
    i18n::Localizer,
    incident_view::IncidentView,
    view::{Chip, MentionView, html},
};

/// Mentions on the page when it is loaded; live ones come on top.
const FEED_LENGTH: usize = 60;

/// The query of the page.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AlertsFilter {
    emotion: Option<Emotion>,
}

#[derive(Template)]
#[template(path = "pages/alerts.html")]
struct AlertsPage {
    l: Localizer,
    page: PageContext,
    incidents: Vec<IncidentView>,
    filters: Vec<FilterLink>,
    /// The address of the feed without a filter.
    everything: String,
    /// Whether all emotions are shown.
    unfiltered: bool,
    /// Where the page listens for what is new.
    stream: String,
    mentions: Vec<MentionView>,
}

/// A choice of the feed's filter.
struct FilterLink {
    chip: Chip,
    address: String,
    chosen: bool,
}

/// `GET /`
pub(crate) async fn show(
    State(app): State<App>,
    page: PageContext,
    Query(filter): Query<AlertsFilter>,
) -> Result<Html<String>, WebError> {
    let l = page.l;
    let incidents = app.alerting.open(page.brand.as_ref()).await?;
    let query = feed_query(&page, filter);
    let hits = app.search.recent(FEED_LENGTH, Some(&query)).await.map_err(WebError::internal)?;
    html(&AlertsPage {
        l,
        incidents: incidents.iter().map(|incident| IncidentView::new(l, &page.brands, incident)).collect(),
        filters: filter_links(l, &page, filter),
        everything: feed_address("/", &page, None),
        unfiltered: filter.emotion.is_none(),
        stream: feed_address("/stream", &page, filter.emotion),
        mentions: hits.iter().map(|hit| MentionView::new(l, &page.brands, hit)).collect(),
        page,
    })
}

/// What the feed shows: the chosen brand's mentions, those with the chosen emotion.
fn feed_query(page: &PageContext, filter: AlertsFilter) -> Search {
    let brand = page.brand.clone().map(Field::Brand);
    let emotion = filter.emotion.map(Field::Emotion);
    let conditions = brand.into_iter().chain(emotion).map(Node::Field).collect();
    Search { root: Node::and(conditions), time_zone: page.l.zone }
}

/// A path with what the feed is narrowed to.
fn feed_address(path: &str, page: &PageContext, emotion: Option<Emotion>) -> String {
    let brand = page.brand.as_ref().map(|brand| format!("brand={brand}"));
    let emotion = emotion.map(|emotion| format!("emotion={emotion}"));
    let parameters: Vec<_> = brand.into_iter().chain(emotion).collect();
    if parameters.is_empty() { path.to_owned() } else { format!("{path}?{}", parameters.join("&")) }
}

fn filter_links(l: Localizer, page: &PageContext, filter: AlertsFilter) -> Vec<FilterLink> {
    let link = |emotion: Emotion| FilterLink {
        chip: Chip::plain_emotion(l, emotion),
        address: feed_address("/", page, Some(emotion)),
        chosen: filter.emotion == Some(emotion),
    };
    Emotion::ALL.into_iter().map(link).collect()
}
