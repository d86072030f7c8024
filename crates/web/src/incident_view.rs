//! What templates show of an incident.

use chrono::{DateTime, Utc};
use domain::{Alert, Brand, Incident, IncidentStatus, Series, Subject, incident::IncidentMention};

use crate::{
    address::search_address,
    i18n::Localizer,
    view::{Chip, When, is_web_address, source_name},
};

/// Tags, sources and posts on a card: the rest is behind its links.
const MOST: usize = 4;

/// An incident as a card.
#[derive(Debug, Clone)]
pub(crate) struct IncidentView {
    pub(crate) id: i64,
    pub(crate) status: &'static str,
    pub(crate) status_label: String,
    /// What happened, in one sentence.
    pub(crate) headline: String,
    /// The figures behind it, in one sentence.
    pub(crate) explanation: String,
    /// How many times the usual, such as `× 14`; empty without a usual to compare to.
    pub(crate) growth: String,
    pub(crate) since: When,
    pub(crate) mention_count: String,
    /// The search that finds them.
    pub(crate) mentions_address: String,
    pub(crate) reach: String,
    pub(crate) emotions: Vec<Chip>,
    pub(crate) causes: Vec<Chip>,
    pub(crate) sources: String,
    pub(crate) first: Option<Quote>,
    pub(crate) top: Vec<Quote>,
    /// Who has it, or who resolved it, and since when; empty while nobody has it.
    pub(crate) owner: String,
    pub(crate) can_acknowledge: bool,
    pub(crate) can_resolve: bool,
}

/// A text that an incident quotes.
#[derive(Debug, Clone)]
pub(crate) struct Quote {
    pub(crate) excerpt: String,
    pub(crate) source: String,
    pub(crate) url: Option<String>,
    pub(crate) when: When,
    /// Empty where nobody follows, as with reviews.
    pub(crate) reach: String,
}

impl Quote {
    fn new(l: Localizer, mention: &IncidentMention) -> Self {
        Self {
            excerpt: mention.excerpt.clone(),
            source: source_name(l, &mention.key.source),
            url: mention.url.clone().filter(|url| is_web_address(url)),
            when: When::new(l, mention.published_at),
            reach: if mention.reach > 0 { l.compact(mention.reach) } else { String::new() },
        }
    }
}

impl IncidentView {
    pub(crate) fn new(l: Localizer, brands: &[Brand], incident: &Incident) -> Self {
        let brand = brands.iter().find(|brand| brand.id == incident.brand);
        let brand = brand.map_or_else(|| incident.brand.to_string(), |brand| brand.name.clone());
        let sharpest = incident.alerts.iter().max_by(|a, b| a.score.total_cmp(&b.score));
        let sources = incident.sources.iter().take(MOST);
        let sources: Vec<_> = sources
            .map(|(source, count)| l.t2("incident-source", "source", source_name(l, source), "count", *count))
            .collect();
        Self {
            id: incident.id,
            status: incident.status.as_str(),
            status_label: l.family("incident-status", incident.status.as_str()),
            headline: headline(l, &brand, incident),
            explanation: sharpest.map(|alert| explanation(l, alert)).unwrap_or_default(),
            growth: sharpest.map(|alert| growth(l, alert)).unwrap_or_default(),
            since: When::new(l, incident.opened_at),
            mention_count: l.number(incident.mention_count),
            mentions_address: mentions_address(l, incident),
            reach: l.compact(incident.reach),
            emotions: incident
                .emotions
                .iter()
                .take(MOST)
                .map(|(emotion, count)| Chip::emotion_count(l, *emotion, u64::from(*count)))
                .collect(),
            causes: incident
                .causes
                .iter()
                .take(MOST)
                .map(|(cause, count)| Chip::cause_count(l, *cause, u64::from(*count)))
                .collect(),
            sources: sources.join(" · "),
            first: incident.first_mention.as_ref().map(|mention| Quote::new(l, mention)),
            top: incident.top_mentions.iter().take(MOST).map(|mention| Quote::new(l, mention)).collect(),
            owner: owner(l, incident),
            can_acknowledge: incident.status == IncidentStatus::Open,
            can_resolve: incident.status != IncidentStatus::Resolved,
        }
    }
}

/// The mentions of the incident's brand and cause since the day it began: numbers link to what is behind them.
fn mentions_address(l: Localizer, incident: &Incident) -> String {
    let began = incident.first_mention.as_ref().map_or(incident.opened_at, |first| first.published_at);
    let day = began.with_timezone(&l.zone).format("%Y-%m-%d");
    let what = match &incident.subject {
        Subject::Cause(cause) => format!(" cause:{cause}"),
        Subject::Story(_) | Subject::Volume => String::new(),
    };
    search_address(&format!("brand:{}{what} from:{day}", incident.brand))
}

fn headline(l: Localizer, brand: &str, incident: &Incident) -> String {
    match &incident.subject {
        Subject::Story(_) => l.t1("incident-story", "brand", brand),
        Subject::Cause(cause) => {
            l.t2("incident-cause", "brand", brand, "cause", l.family("cause", cause.as_str()))
        }
        Subject::Volume => l.t1("incident-volume", "brand", brand),
    }
}

fn explanation(l: Localizer, alert: &Alert) -> String {
    let window = l.duration(i64::from(alert.window_seconds));
    let expected = l.decimal(alert.expected, usize::from(alert.expected < 10.0));
    // "Against 0.0 usually" is no sentence for people.
    let is_rare = alert.expected < 0.05;
    match alert.series {
        Series::Mentions if is_rare => {
            l.t2("incident-rise-rare", "observed", alert.observed, "window", window)
        }
        Series::Mentions => l.t_with(
            "incident-rise",
            &[("observed", &alert.observed), ("window", &window), ("expected", &expected)],
        ),
        Series::Emotion(emotion) => {
            let emotion = l.family("emotion", emotion.as_str());
            let (observed, window) = (&alert.observed, &window);
            match is_rare {
                true => l.t_with(
                    "incident-rise-emotion-rare",
                    &[("observed", observed), ("window", window), ("emotion", &emotion)],
                ),
                false => l.t_with(
                    "incident-rise-emotion",
                    &[
                        ("observed", observed),
                        ("window", window),
                        ("expected", &expected),
                        ("emotion", &emotion),
                    ],
                ),
            }
        }
    }
}

fn growth(l: Localizer, alert: &Alert) -> String {
    // Below one expected mention a ratio says nothing.
    if alert.expected < 1.0 {
        return String::new();
    }
    let times = f64::from(alert.observed) / f64::from(alert.expected);
    format!("×\u{202f}{}", l.decimal(times, usize::from(times < 10.0)))
}

fn owner(l: Localizer, incident: &Incident) -> String {
    let said = |key: &str, who: &Option<String>, at: Option<DateTime<Utc>>| {
        let at = at.unwrap_or(incident.updated_at);
        who.as_ref().map(|who| l.t2(key, "user", who, "when", l.ago(at)))
    };
    let words = match incident.status {
        IncidentStatus::Open => None,
        IncidentStatus::Acknowledged => {
            said("incident-acknowledged-by", &incident.acknowledged_by, incident.acknowledged_at)
        }
        IncidentStatus::Resolved => said("incident-resolved-by", &incident.resolved_by, incident.resolved_at),
    };
    words.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::{Cause, Emotion};

    use super::*;
    use crate::i18n::Locale;

    fn incident() -> Incident {
        let alert = |series, observed, score| Alert {
            series,
            fired_at: testkit::at(0),
            observed,
            expected: 3.0,
            score,
            window_seconds: 900,
        };
        Incident {
            id: 7,
            brand: testkit::brand_id(),
            subject: Subject::Cause(Cause::Delivery),
            status: IncidentStatus::Acknowledged,
            opened_at: testkit::at(0),
            updated_at: testkit::at(60),
            acknowledged_by: Some("bruno".to_owned()),
            acknowledged_at: Some(testkit::at(60)),
            resolved_by: None,
            resolved_at: None,
            alerts: vec![alert(Series::Mentions, 60, 7.0), alert(Series::Emotion(Emotion::Anger), 42, 9.5)],
            mention_count: 57,
            reach: 48_200,
            emotions: vec![(Emotion::Anger, 40), (Emotion::Exasperation, 11)],
            causes: vec![(Cause::Delivery, 51)],
            sources: vec![("mastodon".into(), 50), ("rss".into(), 7)],
            first_mention: None,
            top_mentions: Vec::new(),
        }
    }

    #[test]
    fn what_hardly_ever_happens_is_not_told_as_zero() {
        let l = Localizer { locale: Locale::En, zone: chrono_tz::Europe::Paris, now: testkit::at(120) };
        let mut alert = incident().alerts.remove(1);
        alert.expected = 0.01;
        assert_eq!(
            explanation(l, &alert),
            "Anger: 42 mentions in 15 min, where there is hardly ever one at this hour."
        );
        alert.series = Series::Mentions;
        assert_eq!(
            explanation(l, &alert),
            "42 mentions in 15 min, where there is hardly ever one at this hour."
        );
    }

    #[test]
    fn the_sharpest_alert_explains_the_incident_in_both_languages() {
        let shown = |locale| {
            let l = Localizer { locale, zone: chrono_tz::Europe::Paris, now: testkit::at(120) };
            IncidentView::new(l, &[testkit::brand()], &incident())
        };
        let french = shown(Locale::Fr);
        let sentence = "Colère : 42 mentions en 15 min, contre 3,0 d’habitude à cette heure.";
        assert_eq!(french.explanation, sentence.replace(" :", "\u{a0}:"));
        assert_eq!(
            (french.growth.as_str(), french.owner.as_str()),
            ("×\u{202f}14", "bruno s’en occupe (il y a 1 min)")
        );
        let english = shown(Locale::En);
        assert_eq!(english.explanation, "Anger: 42 mentions in 15 min, against 3.0 usually at this hour.");
        assert_eq!(english.sources, "Mastodon 50 · Press and blogs 7");
        assert_eq!(english.mentions_address, "/search?q=brand:colisio+cause:delivery+from:2026-09-21");
        assert!(!english.can_acknowledge && english.can_resolve);
    }
}
