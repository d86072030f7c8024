//! The inbox: who waits for an answer, and for how long.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::Html,
};
use casework::{CaseFilter, CaseOrder};
use domain::{BrandId, CaseStatus, Cause, Emotion};
use serde::Deserialize;

use crate::{
    address::address,
    app::App,
    case_view::CaseView,
    context::PageContext,
    error::WebError,
    i18n::Localizer,
    parameters::{optional, ticked},
    view::{Choice, html},
};

/// Cases a page, as `casework` cuts them.
const PAGE: usize = 50;

/// What the inbox is narrowed to, as its address says it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct InboxQuery {
    #[serde(deserialize_with = "optional")]
    view: Option<View>,
    #[serde(deserialize_with = "optional")]
    emotion: Option<Emotion>,
    #[serde(deserialize_with = "optional")]
    cause: Option<Cause>,
    #[serde(deserialize_with = "ticked")]
    overdue: bool,
    #[serde(deserialize_with = "optional")]
    order: Option<CaseOrder>,
    skip: usize,
}

/// Which cases, by where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum View {
    #[default]
    Waiting,
    Mine,
    Answered,
    Closed,
    All,
}

impl View {
    const ALL: [View; 5] = [Self::Waiting, Self::Mine, Self::Answered, Self::Closed, Self::All];

    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Mine => "mine",
            Self::Answered => "answered",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }

    fn statuses(self) -> Vec<CaseStatus> {
        match self {
            Self::Waiting | Self::Mine => vec![CaseStatus::New, CaseStatus::Assigned, CaseStatus::Reopened],
            Self::Answered => vec![CaseStatus::Answered],
            Self::Closed => vec![CaseStatus::Closed],
            Self::All => Vec::new(),
        }
    }
}

fn order_name(order: CaseOrder) -> &'static str {
    match order {
        CaseOrder::DueFirst => "due_first",
        CaseOrder::NewestFirst => "newest_first",
        CaseOrder::ReachFirst => "reach_first",
    }
}

impl InboxQuery {
    fn view(&self) -> View {
        self.view.unwrap_or_default()
    }

    fn filter(&self, page: &PageContext) -> CaseFilter {
        CaseFilter {
            brand: page.brand.clone(),
            statuses: self.view().statuses(),
            assignee: (self.view() == View::Mine).then(|| page.user.clone()),
            emotion: self.emotion,
            cause: self.cause,
            overdue: self.overdue,
            order: self.order.unwrap_or_default(),
            skip: self.skip,
        }
    }

    fn address(&self, page: &PageContext) -> String {
        let skip = (self.skip > 0).then(|| self.skip.to_string());
        address(
            "/inbox",
            &[
                ("brand", page.brand.as_ref().map(BrandId::as_str)),
                ("view", self.view.filter(|view| *view != View::default()).map(View::as_str)),
                ("emotion", self.emotion.map(Emotion::as_str)),
                ("cause", self.cause.map(Cause::as_str)),
                ("overdue", self.overdue.then_some("1")),
                ("order", self.order.filter(|order| *order != CaseOrder::default()).map(order_name)),
                ("skip", skip.as_deref()),
            ],
        )
    }

    /// The first page of another view, with the same narrowing.
    fn viewed(&self, view: View) -> Self {
        Self { view: Some(view), skip: 0, ..self.clone() }
    }

    fn is_narrowed(&self) -> bool {
        self.emotion.is_some() || self.cause.is_some() || self.overdue
    }
}

/// The inbox at a glance, each figure with the address of the cases behind it.
pub(crate) struct CountsView {
    pub(crate) new: usize,
    pub(crate) mine: usize,
    pub(crate) overdue: usize,
    /// The longest silence; empty while nobody waits.
    pub(crate) longest: String,
}

impl CountsView {
    pub(crate) async fn load(app: &App, page: &PageContext) -> Result<Self, WebError> {
        let counts = app.casework.counts(page.brand.as_ref()).await.map_err(WebError::internal)?;
        let mine = InboxQuery { view: Some(View::Mine), ..InboxQuery::default() };
        let mine = app.casework.cases(&mine.filter(page)).await.map_err(WebError::internal)?.total;
        let longest = match counts.longest_silence_seconds {
            0 => String::new(),
            seconds => page.l.duration(seconds),
        };
        Ok(Self { new: counts.new, mine, overdue: counts.overdue, longest })
    }
}

/// A view of the inbox as a tab.
struct Tab {
    label: String,
    address: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "pages/inbox.html")]
struct InboxPage {
    l: Localizer,
    page: PageContext,
    counts: CountsView,
    tabs: Vec<Tab>,
    view: &'static str,
    emotions: Vec<Choice>,
    causes: Vec<Choice>,
    orders: Vec<Choice>,
    overdue: bool,
    narrowed: bool,
    /// The view without its narrowing.
    unnarrowed: String,
    cases: Vec<CaseView>,
    /// How many cases there are on all pages.
    total: usize,
    /// The number of the first and of the last case on this page.
    first: usize,
    last: usize,
    earlier: Option<String>,
    later: Option<String>,
    stream: String,
    /// Where forms lead back to.
    next: String,
}

/// `GET /inbox`
pub(crate) async fn show(
    State(app): State<App>,
    page: PageContext,
    Query(query): Query<InboxQuery>,
) -> Result<Html<String>, WebError> {
    let l = page.l;
    let found = app.casework.cases(&query.filter(&page)).await.map_err(WebError::internal)?;
    let counts = CountsView::load(&app, &page).await?;
    let cases: Vec<_> =
        found.cases.iter().map(|case| CaseView::new(l, &page.user, &page.brands, case)).collect();
    let at = |skip: usize| InboxQuery { skip, ..query.clone() }.address(&page);
    let tab = |view: View| Tab {
        label: l.family("inbox-view", view.as_str()),
        address: query.viewed(view).address(&page),
        chosen: query.view() == view,
    };
    let emotion = |emotion: Emotion| {
        Choice::new(emotion.as_str(), l.family("emotion", emotion.as_str()), query.emotion == Some(emotion))
    };
    let cause = |cause: Cause| {
        Choice::new(cause.as_str(), l.family("cause", cause.as_str()), query.cause == Some(cause))
    };
    let order = |order: CaseOrder| {
        let name = order_name(order);
        Choice::new(name, l.family("inbox-order", name), query.order.unwrap_or_default() == order)
    };
    html(&InboxPage {
        l,
        counts,
        tabs: View::ALL.map(tab).into(),
        view: query.view().as_str(),
        emotions: Emotion::ALL.map(emotion).into(),
        causes: Cause::ALL.map(cause).into(),
        orders: [CaseOrder::DueFirst, CaseOrder::NewestFirst, CaseOrder::ReachFirst].map(order).into(),
        overdue: query.overdue,
        narrowed: query.is_narrowed(),
        unnarrowed: InboxQuery { view: query.view, order: query.order, ..InboxQuery::default() }
            .address(&page),
        first: query.skip + 1,
        last: query.skip + cases.len(),
        total: found.total,
        earlier: (query.skip > 0).then(|| at(query.skip.saturating_sub(PAGE))),
        later: found.next_skip.map(at),
        cases,
        stream: address("/stream", &[("brand", page.brand.as_ref().map(BrandId::as_str))]),
        next: query.address(&page),
        page,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> InboxQuery {
        let uri = format!("/inbox?{text}").parse().unwrap();
        Query::<InboxQuery>::try_from_uri(&uri).unwrap().0
    }

    #[test]
    fn a_form_left_alone_narrows_nothing() {
        assert_eq!(query("view=&emotion=&cause=&order="), InboxQuery::default());
        assert_eq!(query("emotion=anger&overdue=1").emotion, Some(Emotion::Anger));
        assert!(query("overdue=1").is_narrowed() && !query("view=all&skip=50").is_narrowed());
    }

    #[test]
    fn what_nobody_could_have_chosen_is_refused() {
        for bad in ["view=nowhere", "emotion=joy", "order=random", "skip=-1"] {
            let uri = format!("/inbox?{bad}").parse().unwrap();
            assert!(Query::<InboxQuery>::try_from_uri(&uri).is_err(), "{bad}");
        }
    }
}
