//! What templates show of a case: the text, the clock on its silence, and what its reader may do.

use casework::{CaseError, CaseEvent, CaseEventKind};
use domain::{Brand, Case, CaseStatus};

use crate::{
    i18n::Localizer,
    view::{Chip, When, is_web_address, source_name},
};

/// From this share of the SLA's time on, the clock asks for attention.
const SOON: f64 = 0.75;

/// A case as an item of the inbox.
#[derive(Debug, Clone)]
pub(crate) struct CaseView {
    pub(crate) id: i64,
    pub(crate) revision: i64,
    pub(crate) status: &'static str,
    pub(crate) status_label: String,
    pub(crate) clock: Clock,
    /// Who has it, in words; empty while nobody does.
    pub(crate) owner: String,
    pub(crate) is_mine: bool,
    pub(crate) source: String,
    /// The brand it concerns; empty where only one is watched.
    pub(crate) brand: String,
    pub(crate) handle: String,
    /// Empty when the author removed the text at its source.
    pub(crate) text: String,
    pub(crate) language: String,
    pub(crate) url: Option<String>,
    /// Stars out of five; empty without a rating.
    pub(crate) rating: String,
    pub(crate) chips: Vec<Chip>,
    pub(crate) reach: u64,
    pub(crate) reach_short: String,
    pub(crate) when: When,
    pub(crate) answer: Option<AnswerView>,
    pub(crate) can_take: bool,
    pub(crate) can_release: bool,
    pub(crate) can_answer: bool,
    pub(crate) can_close: bool,
    /// Why the reader's last action was refused; empty for none.
    pub(crate) notice: String,
    /// What the reader had written when it was refused.
    pub(crate) draft: Draft,
}

/// An answer that its author has not sent, or could not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) url: String,
}

impl Draft {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.url.trim().is_empty()
    }
}

/// The answer that stopped the clock.
#[derive(Debug, Clone)]
pub(crate) struct AnswerView {
    pub(crate) text: String,
    pub(crate) url: Option<String>,
    pub(crate) when: When,
}

/// The first-response clock of a case.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    /// `running`, `soon`, `late` while the author waits; `met`, `missed`, `stopped` once that is over.
    pub(crate) state: &'static str,
    /// The silence, such as `2 h 05`.
    pub(crate) figure: String,
    /// What the figure measures.
    pub(crate) label: String,
    /// How much time is left, or by how much it is over.
    pub(crate) words: String,
    /// The share of the SLA's time that is used, in percent, at most 100.
    pub(crate) used: u32,
    /// For the browser, which keeps the clock going: when the text was published, and when an answer is due. Empty once the
    /// clock has stopped.
    pub(crate) since: String,
    pub(crate) due: String,
}

impl Clock {
    fn new(l: Localizer, case: &Case) -> Self {
        let silence = case.silence_seconds(l.now);
        let figure = l.duration(silence);
        let allowed = (case.due_at - case.published_at).num_seconds().max(1);
        let share = silence as f64 / allowed as f64;
        let used = (share * 100.0).clamp(0.0, 100.0) as u32;
        let is_late = case.is_sla_breached(l.now);
        if case.status.is_waiting() {
            let left = (case.due_at - l.now).num_seconds();
            let words = match is_late {
                true => l.t1("clock-overdue", "duration", l.duration(-left)),
                false => l.t1("clock-left", "duration", l.duration(left)),
            };
            let state = if is_late {
                "late"
            } else if share >= SOON {
                "soon"
            } else {
                "running"
            };
            return Self {
                state,
                figure,
                label: l.t("clock-silence"),
                words,
                used,
                since: l.machine_time(case.published_at),
                due: l.machine_time(case.due_at),
            };
        }
        let Some(answered_at) = case.answered_at else {
            let (label, words) = (l.t("clock-unanswered"), String::new());
            return Self {
                state: "stopped",
                figure,
                label,
                words,
                used,
                since: String::new(),
                due: String::new(),
            };
        };
        let words = match is_late {
            true => l.t1("clock-missed", "duration", l.duration((answered_at - case.due_at).num_seconds())),
            false => l.t("clock-met"),
        };
        let state = if is_late { "missed" } else { "met" };
        Self {
            state,
            figure,
            label: l.t("clock-answered"),
            words,
            used,
            since: String::new(),
            due: String::new(),
        }
    }
}

impl CaseView {
    pub(crate) fn new(l: Localizer, user: &str, brands: &[Brand], case: &Case) -> Self {
        let is_mine = case.assignee.as_deref() == Some(user);
        let is_others = case.assignee.is_some() && !is_mine;
        let is_waiting = case.status.is_waiting();
        let brand = brands.iter().find(|brand| brand.id == case.brand);
        let brand = brand.map_or_else(|| case.brand.to_string(), |brand| brand.name.clone());
        let emotions = case.emotions.iter().map(|emotion| Chip::plain_emotion(l, *emotion));
        let causes = case.causes.iter().map(|cause| Chip::plain_cause(l, *cause));
        Self {
            id: case.id,
            revision: case.revision,
            status: case.status.as_str(),
            status_label: l.family("case-status", case.status.as_str()),
            clock: Clock::new(l, case),
            owner: match &case.assignee {
                Some(_) if is_mine => l.t("case-mine"),
                Some(assignee) => assignee.clone(),
                None => String::new(),
            },
            is_mine,
            source: source_name(l, &case.mention.source),
            brand: if brands.len() > 1 { brand } else { String::new() },
            handle: case.author_handle.clone().unwrap_or_default(),
            text: case.text.clone(),
            language: case.language.clone(),
            url: case.url.clone().filter(|url| is_web_address(url)),
            rating: case.rating.map(|rating| l.t1("mention-rating", "stars", rating)).unwrap_or_default(),
            chips: emotions.chain(causes).collect(),
            reach: case.reach,
            reach_short: l.compact(case.reach),
            when: When::new(l, case.published_at),
            answer: case.answered_at.map(|answered_at| AnswerView {
                text: case.answer_text.clone().unwrap_or_default(),
                url: case.answer_url.clone().filter(|url| is_web_address(url)),
                when: When::new(l, answered_at),
            }),
            can_take: is_waiting && case.assignee.is_none(),
            can_release: case.status == CaseStatus::Assigned && is_mine,
            can_answer: is_waiting && !is_others,
            can_close: case.status != CaseStatus::Closed && !is_others,
            notice: String::new(),
            draft: Draft::default(),
        }
    }
}

/// Why an action was refused, in the reader's language.
pub(crate) fn refusal(l: Localizer, user: &str, error: &CaseError) -> String {
    match error {
        // Somebody who has two pages open is told no news about themselves.
        CaseError::Taken { by, .. } if by == user => l.t("case-changed"),
        CaseError::Taken { by, .. } => l.t1("case-taken", "user", by),
        CaseError::WrongStatus { status, .. } => {
            l.t1("case-wrong-status", "status", l.family("case-status", status).to_lowercase())
        }
        CaseError::Invalid(_) => l.t("case-invalid"),
        CaseError::Changed(_) => l.t("case-changed"),
        CaseError::NotFound(_) => l.t("case-not-found"),
        CaseError::State(_) => l.t("error-internal-text"),
    }
}

/// An entry of a case's history.
#[derive(Debug, Clone)]
pub(crate) struct HistoryEntry {
    pub(crate) kind: &'static str,
    pub(crate) words: String,
    pub(crate) note: String,
    pub(crate) when: When,
}

impl HistoryEntry {
    pub(crate) fn new(l: Localizer, event: &CaseEvent) -> Self {
        let what = l.family("case-event", event.kind.as_str());
        let words = match &event.actor {
            Some(actor) => l.t2("case-event-by", "event", what, "user", actor),
            None => what,
        };
        // An answer stands on the page already, in full.
        let note = event.note.clone().filter(|_| event.kind != CaseEventKind::Answered).unwrap_or_default();
        Self { kind: event.kind.as_str(), words, note, when: When::new(l, event.at) }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use domain::MentionKey;

    use super::*;
    use crate::i18n::Locale;

    /// A case of somebody who has waited for `minutes` of the 120 that the SLA allows.
    fn case(minutes: i64) -> (Localizer, Case) {
        let published_at = testkit::at(0);
        let l = Localizer {
            locale: Locale::En,
            zone: chrono_tz::Europe::Paris,
            now: published_at + TimeDelta::minutes(minutes),
        };
        let case = Case {
            id: 1,
            brand: testkit::brand_id(),
            mention: MentionKey::new("test", "1"),
            text: "Colis perdu".to_owned(),
            url: Some("javascript:alert(1)".to_owned()),
            author_handle: None,
            language: "fr".to_owned(),
            emotions: Vec::new(),
            causes: Vec::new(),
            rating: None,
            reach: 0,
            status: CaseStatus::New,
            assignee: None,
            published_at,
            opened_at: published_at,
            due_at: published_at + TimeDelta::minutes(120),
            answered_at: None,
            answer_text: None,
            answer_url: None,
            closed_at: None,
            revision: 1,
        };
        (l, case)
    }

    #[test]
    fn the_clock_says_how_long_is_left_and_how_long_it_is_over() {
        let shown = |minutes| {
            let (l, case) = case(minutes);
            let clock = Clock::new(l, &case);
            (clock.state, clock.figure, clock.words, clock.used)
        };
        assert_eq!(shown(30), ("running", "30 min".into(), "due in 1 h 30".into(), 25));
        assert_eq!(shown(100), ("soon", "1 h 40".into(), "due in 20 min".into(), 83));
        assert_eq!(shown(135), ("late", "2 h 15".into(), "15 min overdue".into(), 100));
    }

    #[test]
    fn an_answer_stops_the_clock() {
        let (l, mut case) = case(600);
        case.status = CaseStatus::Answered;
        case.answered_at = Some(case.published_at + TimeDelta::minutes(45));
        let clock = Clock::new(l, &case);
        assert_eq!((clock.state, clock.figure.as_str(), clock.due.as_str()), ("met", "45 min", ""));
        case.answered_at = Some(case.published_at + TimeDelta::minutes(150));
        let clock = Clock::new(l, &case);
        assert_eq!((clock.state, clock.words.as_str()), ("missed", "30 min too late"));
    }

    #[test]
    fn whoever_took_a_case_on_another_page_is_told_that_it_changed() {
        let (l, _) = case(5);
        let taken = CaseError::Taken { id: 1, by: "bruno".to_owned() };
        assert!(refusal(l, "anne", &taken).starts_with("bruno has already taken"));
        assert!(refusal(l, "bruno", &taken).starts_with("This case has just changed"));
    }

    #[test]
    fn nobody_is_offered_what_would_be_refused() {
        let (l, mut case) = case(5);
        let offered = |case: &Case| {
            let view = CaseView::new(l, "anne", &[], case);
            (view.can_take, view.can_release, view.can_answer, view.can_close)
        };
        assert_eq!(offered(&case), (true, false, true, true));
        case.status = CaseStatus::Assigned;
        case.assignee = Some("anne".to_owned());
        assert_eq!(offered(&case), (false, true, true, true));
        case.assignee = Some("bruno".to_owned());
        assert_eq!(offered(&case), (false, false, false, false));
        case.status = CaseStatus::Closed;
        case.assignee = None;
        assert_eq!(offered(&case), (false, false, false, false));
        assert_eq!(CaseView::new(l, "anne", &[], &case).url, None);
    }
}
