//! What templates show of the trends: figures with their change, ranked bars, the table behind the charts.

use std::collections::BTreeMap;

use analytics::{BrandShare, CauseCount, TimelinePoint, Totals};
use chrono::NaiveDate;
use domain::{BrandId, Emotion};

use crate::{
    address::search_address,
    context::PageContext,
    i18n::Localizer,
    period::{Span, Step},
    view::source_name,
};

/// Sources and languages on the page.
const MOST: usize = 8;

/// What the page is narrowed to, as the search that finds the mentions behind its figures.
pub(crate) struct Behind {
    brand: Option<BrandId>,
    source: Option<String>,
    language: Option<String>,
    days: (NaiveDate, NaiveDate),
}

impl Behind {
    pub(crate) fn new(page: &PageContext, source: Option<&str>, language: Option<&str>, span: Span) -> Self {
        Self {
            brand: page.brand.clone(),
            source: source.map(str::to_owned),
            language: language.map(str::to_owned),
            days: span.days(page.l.zone),
        }
    }

    /// The search, with one more condition unless that is empty.
    pub(crate) fn address(&self, condition: &str) -> String {
        let (from, to) = self.days;
        self.search(&[condition, &format!("from:{from}"), &format!("to:{to}")])
    }

    /// The search of one day; `DAY` stands for the days that the browser fills in.
    fn day(&self, day: &str) -> String {
        self.search(&[&format!("from:{day}"), &format!("to:{day}")])
    }

    /// The search that the browser completes for the day somebody points at.
    pub(crate) fn any_day(&self) -> String {
        self.day("DAY")
    }

    fn search(&self, conditions: &[&str]) -> String {
        let named = |name: &str, value: Option<&str>| value.map(|value| format!("{name}:{value}"));
        // A condition of the row takes the place of the page's own of the same kind.
        let own = [
            named("brand", self.brand.as_ref().map(BrandId::as_str)),
            named("source", self.source.as_deref()),
            named("lang", self.language.as_deref()),
        ];
        let kind = |condition: &str| condition.split(':').next().unwrap_or_default().to_owned();
        let replaced: Vec<_> = conditions.iter().map(|condition| kind(condition)).collect();
        let own = own.into_iter().flatten().filter(|condition| !replaced.contains(&kind(condition)));
        let conditions =
            conditions.iter().filter(|condition| !condition.is_empty()).map(|text| (*text).to_owned());
        search_address(&own.chain(conditions).collect::<Vec<_>>().join(" "))
    }
}

/// How a figure moved against the period before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// `up`, `down` or `same`; empty where there is nothing to compare.
    pub(crate) direction: &'static str,
    /// Such as `+23 %`.
    pub(crate) words: String,
    /// Such as `120 sur la période précédente`.
    pub(crate) title: String,
}

impl Change {
    /// Where nothing is known of the period before, everything would look new.
    fn unknown() -> Self {
        Self { direction: "", words: String::new(), title: String::new() }
    }

    pub(crate) fn new(l: Localizer, now: u64, before: u64) -> Self {
        let title = l.t1("trends-before", "count", before);
        let (direction, words) = match (now, before) {
            (0, 0) => ("", String::new()),
            (_, 0) => ("up", l.t("trends-new")),
            (now, before) if now == before => ("same", l.t("trends-same")),
            (now, before) => {
                let ratio = now as f64 / before as f64;
                let direction = if now > before { "up" } else { "down" };
                let sign = if now > before { "+" } else { "\u{2212}" };
                // Beyond tenfold a percentage is no longer read.
                let words = match ratio {
                    10.0.. => format!("×\u{202f}{}", l.decimal(ratio, 0)),
                    _ => format!("{sign}{}", l.percent((ratio - 1.0).abs())),
                };
                (direction, words)
            }
        };
        Self { direction, words, title }
    }
}

/// A figure above the page.
pub(crate) struct FigureView {
    pub(crate) label: String,
    pub(crate) value: String,
    /// Where its mentions are; empty for a figure that counts something else.
    pub(crate) address: String,
    pub(crate) change: Change,
    /// Whether a rise is bad news.
    pub(crate) is_worry: bool,
}

/// The figures above the page, against the period before.
pub(crate) fn figures(l: Localizer, behind: &Behind, now: Totals, before: Totals) -> Vec<FigureView> {
    let emotions = Emotion::ALL.map(Emotion::as_str).join(",");
    let figure =
        |label: String, value: String, condition: Option<String>, counts: (u64, u64), is_worry| FigureView {
            label,
            value,
            address: condition.map(|condition| behind.address(&condition)).unwrap_or_default(),
            change: match before.mentions {
                0 => Change::unknown(),
                _ => Change::new(l, counts.0, counts.1),
            },
            is_worry,
        };
    let emotional = Some(format!("emotion:{emotions}"));
    vec![
        figure(
            l.t("trends-mentions"),
            l.number(now.mentions),
            Some(String::new()),
            (now.mentions, before.mentions),
            false,
        ),
        figure(
            l.t("trends-complaints"),
            l.number(now.complaints),
            Some("complaint:yes".to_owned()),
            (now.complaints, before.complaints),
            true,
        ),
        figure(
            l.t("trends-emotional"),
            l.number(now.emotional),
            emotional,
            (now.emotional, before.emotional),
            true,
        ),
        figure(l.t("trends-reach"), l.compact(now.reach), None, (now.reach, before.reach), false),
    ]
}

/// A row of a ranking, with a bar.
pub(crate) struct RankedView {
    pub(crate) label: String,
    pub(crate) count: String,
    pub(crate) address: String,
    /// The bar, in percent of the longest one.
    pub(crate) width: String,
    pub(crate) change: Option<Change>,
}

/// The causes, most first, each against the period before unless nothing is known of that.
pub(crate) fn causes(
    l: Localizer,
    behind: &Behind,
    counts: &[CauseCount],
    knows_before: bool,
) -> Vec<RankedView> {
    let shown = counts.iter().filter(|count| count.mentions > 0 || count.before > 0);
    let most = counts.iter().map(|count| count.mentions).max().unwrap_or_default();
    let row = |count: &CauseCount| RankedView {
        label: l.family("cause", count.cause.as_str()),
        count: l.number(count.mentions),
        address: behind.address(&format!("cause:{}", count.cause)),
        width: percent(count.mentions, most),
        change: knows_before.then(|| Change::new(l, count.mentions, count.before)),
    };
    shown.map(row).collect()
}

/// The sources, most first.
pub(crate) fn sources(l: Localizer, behind: &Behind, counts: &[(String, u64)]) -> Vec<RankedView> {
    ranked(l, behind, counts, "source", |source| source_name(l, source))
}

/// The languages, most first.
pub(crate) fn languages(l: Localizer, behind: &Behind, counts: &[(String, u64)]) -> Vec<RankedView> {
    ranked(l, behind, counts, "lang", |code| crate::search_view::language_name(l, code))
}

fn ranked(
    l: Localizer,
    behind: &Behind,
    counts: &[(String, u64)],
    field: &str,
    name: impl Fn(&str) -> String,
) -> Vec<RankedView> {
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let row = |(value, count): &(String, u64)| RankedView {
        label: name(value),
        count: l.number(*count),
        address: behind.address(&format!("{field}:{value}")),
        width: percent(*count, most),
        change: None,
    };
    counts.iter().take(MOST).map(row).collect()
}

/// A brand beside the others.
pub(crate) struct ShareView {
    pub(crate) brand: String,
    pub(crate) is_chosen: bool,
    pub(crate) mentions: PartView,
    pub(crate) complaints: PartView,
    /// The share of its mentions that are complaints; empty without mentions.
    pub(crate) complaint_rate: String,
}

/// A brand's part of a whole.
pub(crate) struct PartView {
    pub(crate) count: String,
    pub(crate) share: String,
    pub(crate) width: String,
    pub(crate) address: String,
}

/// The brands beside each other, most mentions first; brands that nobody spoke of too.
pub(crate) fn shares(page: &PageContext, behind: &Behind, counts: &[BrandShare]) -> Vec<ShareView> {
    let l = page.l;
    let silent = |id: &BrandId| BrandShare { brand: id.clone(), mentions: 0, complaints: 0, emotional: 0 };
    let count =
        |id: &BrandId| counts.iter().find(|share| share.brand == *id).cloned().unwrap_or_else(|| silent(id));
    let mut shares: Vec<_> = page.brands.iter().map(|brand| count(&brand.id)).collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.mentions));
    let mentions: u64 = shares.iter().map(|share| share.mentions).sum();
    let complaints: u64 = shares.iter().map(|share| share.complaints).sum();
    let part = |count: u64, whole: u64, condition: String| PartView {
        count: l.number(count),
        share: l.percent(ratio(count, whole)),
        width: percent(count, whole),
        address: behind.address(&condition),
    };
    let row = |share: &BrandShare| ShareView {
        brand: page.brand_name(&share.brand),
        is_chosen: page.has_brand(&share.brand),
        mentions: part(share.mentions, mentions, format!("brand:{}", share.brand)),
        complaints: part(share.complaints, complaints, format!("brand:{} complaint:yes", share.brand)),
        complaint_rate: match share.mentions {
            0 => String::new(),
            mentions => l.percent(ratio(share.complaints, mentions)),
        },
    };
    shares.iter().map(row).collect()
}

/// A step of the charts as a row of the table.
pub(crate) struct StepView {
    pub(crate) when: String,
    /// Where its mentions are; empty where a search cannot tell it from its neighbours.
    pub(crate) address: String,
    pub(crate) mentions: String,
    pub(crate) complaints: String,
    pub(crate) emotions: Vec<String>,
}

/// The table behind the charts, the newest step first.
pub(crate) fn steps(l: Localizer, behind: &Behind, step: Step, points: &[TimelinePoint]) -> Vec<StepView> {
    let row = |point: &TimelinePoint| StepView {
        when: match step {
            Step::Hour => l.date_time(point.at),
            Step::Day => l.date(point.at),
        },
        address: match step {
            // The query language knows days, not hours.
            Step::Hour => String::new(),
            Step::Day => behind.day(&point.at.with_timezone(&l.zone).date_naive().to_string()),
        },
        mentions: l.number(point.mentions),
        complaints: l.number(point.complaints),
        emotions: Emotion::ALL.map(|emotion| l.number(held(&point.emotions, emotion))).into(),
    };
    points.iter().rev().map(row).collect()
}

/// How many mentions carry an emotion, over all steps.
pub(crate) fn emotion_total(points: &[TimelinePoint], emotion: Emotion) -> u64 {
    points.iter().map(|point| held(&point.emotions, emotion)).sum()
}

fn held(emotions: &BTreeMap<Emotion, u64>, emotion: Emotion) -> u64 {
    emotions.get(&emotion).copied().unwrap_or_default()
}

fn ratio(count: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { count as f64 / whole as f64 }
}

/// A share as the width of a bar, with a point whatever the language.
fn percent(count: u64, whole: u64) -> String {
    format!("{:.1}%", ratio(count, whole) * 100.0)
}

#[cfg(test)]
mod tests;
