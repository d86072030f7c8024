//! What people speak of over time, and how they feel about it.

use std::time::Duration;

use analytics::{Analytics, AnalyticsError, BrandShare, CauseCount, TimelinePoint, Totals, TrendFilter};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::Html,
};
use domain::{BrandId, Emotion};
use serde::Deserialize;

use crate::{
    address::address,
    app::App,
    context::PageContext,
    error::WebError,
    i18n::Localizer,
    parameters::optional,
    period::{Period, Span, Step},
    search_view::language_name,
    trends_view::{self, Behind, FigureView, RankedView, ShareView, StepView},
    view::{Chip, Choice, html, source_name},
};

/// How long the page waits for the history before it goes without.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the trends are narrowed to, as their address says it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct TrendsQuery {
    #[serde(deserialize_with = "optional")]
    period: Option<Period>,
    #[serde(deserialize_with = "optional")]
    bucket: Option<Step>,
    #[serde(deserialize_with = "optional")]
    source: Option<String>,
    #[serde(deserialize_with = "optional")]
    language: Option<String>,
}

impl TrendsQuery {
    fn period(&self) -> Period {
        self.period.unwrap_or_default()
    }

    fn step(&self) -> Step {
        self.period().step(self.bucket)
    }

    fn address(&self, path: &str, page: &PageContext) -> String {
        address(
            path,
            &[
                ("brand", page.brand.as_ref().map(BrandId::as_str)),
                ("period", Some(self.period().as_str())),
                ("bucket", Some(self.step().as_str())),
                ("source", self.source.as_deref()),
                ("language", self.language.as_deref()),
            ],
        )
    }

    fn filter(&self, page: &PageContext, span: Span) -> TrendFilter {
        TrendFilter {
            brands: page.brand.iter().cloned().collect(),
            from: span.from,
            to: span.to,
            source: self.source.clone(),
            language: self.language.clone(),
        }
    }
}

/// Everything that the page asks the history for.
struct History {
    totals: Totals,
    totals_before: Totals,
    timeline: Vec<TimelinePoint>,
    causes: Vec<CauseCount>,
    shares: Vec<BrandShare>,
    sources: Vec<(String, u64)>,
    languages: Vec<(String, u64)>,
}

impl History {
    async fn load(
        analytics: &Analytics,
        page: &PageContext,
        query: &TrendsQuery,
        span: Span,
    ) -> Result<Self, AnalyticsError> {
        let filter = query.filter(page, span);
        let before = query.filter(page, span.before());
        // What can be chosen does not shrink with the choice.
        let any_source = TrendFilter { source: None, ..filter.clone() };
        let any_language = TrendFilter { language: None, ..filter.clone() };
        let (totals, totals_before, timeline, causes, shares, sources, languages) = tokio::try_join!(
            analytics.totals(&filter),
            analytics.totals(&before),
            analytics.timeline(&filter, query.step().bucket(), page.l.zone),
            analytics.causes(&filter),
            analytics.shares(&filter),
            analytics.sources(&any_source),
            analytics.languages(&any_language),
        )?;
        Ok(Self { totals, totals_before, timeline, causes, shares, sources, languages })
    }
}

#[derive(Template)]
#[template(path = "pages/trends.html")]
struct TrendsPage {
    l: Localizer,
    page: PageContext,
    periods: Vec<Link>,
    steps: Vec<Link>,
    period: &'static str,
    step: &'static str,
    /// The period in words.
    days: String,
    /// None while the history cannot be read.
    content: Option<Content>,
    stream: String,
}

/// A choice that is a link.
struct Link {
    label: String,
    address: String,
    chosen: bool,
}

/// What the page shows of the history.
struct Content {
    sources: Vec<Choice>,
    languages: Vec<Choice>,
    figures: Vec<FigureView>,
    /// Where the charts get their data, and where a day of theirs leads.
    data: String,
    day: String,
    zone: &'static str,
    legend: Vec<Chip>,
    table: Vec<StepView>,
    causes: Vec<RankedView>,
    shares: Vec<ShareView>,
    by_source: Vec<RankedView>,
    by_language: Vec<RankedView>,
    is_empty: bool,
}

/// `GET /trends`
pub(crate) async fn show(
    State(app): State<App>,
    page: PageContext,
    Query(query): Query<TrendsQuery>,
) -> Result<Html<String>, WebError> {
    let span = query.period().span(page.l.now, page.l.zone);
    let history = tokio::time::timeout(PATIENCE, History::load(&app.analytics, &page, &query, span)).await;
    let content = match history {
        Ok(Ok(history)) => Some(content(&page, &query, span, &history)),
        Ok(Err(error)) => {
            tracing::warn!("the trends are shown without the history: {error}");
            None
        }
        Err(_) => {
            tracing::warn!(
                seconds = PATIENCE.as_secs(),
                "the trends are shown without the history: it took too long"
            );
            None
        }
    };
    html(&trends_page(page, &query, span, content))
}

/// The page around what the history told.
fn trends_page(page: PageContext, query: &TrendsQuery, span: Span, content: Option<Content>) -> TrendsPage {
    let (l, period) = (page.l, query.period());
    let at = |query: TrendsQuery| query.address("/trends", &page);
    let period_link = |choice: Period| Link {
        label: l.family("period", choice.as_str()),
        address: at(TrendsQuery { period: Some(choice), bucket: None, ..query.clone() }),
        chosen: choice == period,
    };
    let step_link = |choice: &Step| Link {
        label: l.family("bucket", choice.as_str()),
        address: at(TrendsQuery { bucket: Some(*choice), ..query.clone() }),
        chosen: *choice == query.step(),
    };
    TrendsPage {
        l,
        periods: Period::ALL.map(period_link).into(),
        steps: period.steps().iter().map(step_link).collect(),
        period: period.as_str(),
        step: query.step().as_str(),
        days: match period {
            Period::Day => l.t2("trends-span", "from", l.date_time(span.from), "to", l.date_time(l.now)),
            _ => l.t2("trends-span", "from", l.date(span.from), "to", l.date(l.now)),
        },
        content,
        stream: address("/stream", &[("brand", page.brand.as_ref().map(BrandId::as_str))]),
        page,
    }
}

fn content(page: &PageContext, query: &TrendsQuery, span: Span, history: &History) -> Content {
    let l = page.l;
    let behind = Behind::new(page, query.source.as_deref(), query.language.as_deref(), span);
    let choices = |counts: &[(String, u64)], chosen: Option<&str>, name: &dyn Fn(&str) -> String| {
        let mut values: Vec<&str> = counts.iter().map(|(value, _)| value.as_str()).collect();
        // A choice stays choosable when nothing came from there.
        values.extend(chosen.filter(|chosen| !values.contains(chosen)).into_iter().collect::<Vec<_>>());
        values.into_iter().map(|value| Choice::new(value, name(value), chosen == Some(value))).collect()
    };
    let legend = |emotion: Emotion| {
        Chip::emotion_count(l, emotion, trends_view::emotion_total(&history.timeline, emotion))
    };
    Content {
        sources: choices(&history.sources, query.source.as_deref(), &|source| source_name(l, source)),
        languages: choices(&history.languages, query.language.as_deref(), &|code| language_name(l, code)),
        figures: trends_view::figures(l, &behind, history.totals, history.totals_before),
        data: query.address("/api/v1/trends/timeline", page),
        day: behind.any_day(),
        zone: l.zone.name(),
        legend: Emotion::ALL.map(legend).into(),
        table: trends_view::steps(l, &behind, query.step(), &history.timeline),
        causes: trends_view::causes(l, &behind, &history.causes, history.totals_before.mentions > 0),
        shares: match page.brands.len() {
            0 | 1 => Vec::new(),
            _ => trends_view::shares(page, &behind, &history.shares),
        },
        by_source: trends_view::sources(l, &behind, &history.sources),
        by_language: trends_view::languages(l, &behind, &history.languages),
        is_empty: history.totals.mentions == 0,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::Cause;

    use super::*;
    use crate::i18n::Locale;

    fn rendered(query: &TrendsQuery, mentions: u64) -> String {
        let l = Localizer { locale: Locale::En, zone: chrono_tz::Europe::Paris, now: testkit::at(0) };
        let second =
            domain::Brand { id: "rapidex".parse().unwrap(), name: "Rapidex".into(), ..testkit::brand() };
        let page = PageContext::for_tests(l, vec![testkit::brand(), second]);
        let totals = Totals { mentions, complaints: mentions / 2, emotional: mentions / 3, reach: 12_400 };
        let emotions = BTreeMap::from([(Emotion::Anger, mentions / 4)]);
        let history = History {
            totals,
            totals_before: Totals::default(),
            timeline: vec![TimelinePoint { at: testkit::at(-3600), mentions, complaints: 1, emotions }],
            causes: vec![CauseCount { cause: Cause::Delivery, mentions, before: 1 }],
            shares: Vec::new(),
            sources: vec![("rss".to_owned(), mentions)],
            languages: vec![("fr".to_owned(), mentions)],
        };
        let span = query.period().span(l.now, l.zone);
        let content = content(&page, query, span, &history);
        trends_page(page, query, span, Some(content)).render().unwrap()
    }

    #[test]
    fn every_figure_leads_to_its_mentions_and_every_chart_has_its_table() {
        let page = rendered(&TrendsQuery::default(), 40);
        assert!(page.contains("/search?q=complaint:yes+from:2026-09-15+to:2026-09-21"), "{page}");
        assert!(
            page.contains("cause:delivery") && page.contains("source:rss") && page.contains("brand:rapidex")
        );
        assert!(
            page.contains("<caption") && page.contains("/api/v1/trends/timeline?period=7d&#38;bucket=day")
        );
        assert!(!page.contains(" style=") && !page.contains("trends-empty"));
    }

    #[test]
    fn a_source_without_mentions_stays_chosen() {
        let query = TrendsQuery { source: Some("forum".to_owned()), ..TrendsQuery::default() };
        let page = rendered(&query, 0);
        assert!(
            page.contains(r#"<option value="forum" selected>"#) && page.contains("id=\"trends-empty\""),
            "{page}"
        );
    }
}
