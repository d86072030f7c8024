//! An incident as it grows: what is counted into it and what it quotes.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use domain::{Alert, BrandId, Incident, IncidentStatus, MentionKey, Subject};
use serde::{Deserialize, Serialize};

use crate::{
    grouping::{QUIET, Scope, is_about},
    observation::Observation,
};

/// How many texts an incident quotes besides the first.
const MOST_QUOTED: usize = 5;

/// An incident with what only this crate needs to know of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenIncident {
    pub(crate) incident: Incident,
    pub(crate) scope: Scope,
    /// When its series was last above what is usual.
    pub(crate) last_unusual_at: DateTime<Utc>,
    /// What the quoted texts weigh and tell, in the order of `incident.top_mentions`.
    pub(crate) quoted: Vec<Quoted>,
}

/// Why a text is quoted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quoted {
    weight: u64,
    story: String,
}

impl OpenIncident {
    /// An incident that an alert opens.
    pub(crate) fn new(brand: BrandId, subject: Subject, scope: Scope, alert: &Alert) -> Self {
        let incident = Incident {
            id: 0,
            brand,
            subject,
            status: IncidentStatus::Open,
            opened_at: alert.fired_at,
            updated_at: alert.fired_at,
            acknowledged_by: None,
            acknowledged_at: None,
            resolved_by: None,
            resolved_at: None,
            alerts: Vec::new(),
            mention_count: 0,
            reach: 0,
            emotions: Vec::new(),
            causes: Vec::new(),
            sources: Vec::new(),
            first_mention: None,
            top_mentions: Vec::new(),
        };
        Self { incident, scope, last_unusual_at: alert.fired_at, quoted: Vec::new() }
    }

    /// An alert joins.
    pub(crate) fn join(&mut self, alert: Alert) {
        self.incident.updated_at = self.incident.updated_at.max(alert.fired_at);
        self.last_unusual_at = self.last_unusual_at.max(alert.fired_at);
        self.incident.alerts.push(alert);
    }

    /// Whether its event still goes on: later mentions of the same cause are ordinary ones, and a later alert is a new event.
    pub(crate) fn is_active(&self, at: DateTime<Utc>) -> bool {
        at - self.last_unusual_at <= QUIET
    }

    /// Whether an alert that mentions of this subject set off is about this event, while it goes on. More of everything is more
    /// of what is going on already.
    pub(crate) fn takes_in(&self, alert: &Alert, subject: &Subject, mentions: &[&Observation]) -> bool {
        let own = &self.incident.subject;
        let is_unspecific = *own == Subject::Volume || *subject == Subject::Volume;
        self.is_active(alert.fired_at) && (own == subject || is_unspecific || self.scope.takes_in(mentions))
    }

    /// An alert joins. What began as more of everything may turn out to be one story or one cause as it grows.
    pub(crate) fn extend(
        &mut self,
        alert: Alert,
        subject: Subject,
        scope: Scope,
        window: &VecDeque<Observation>,
    ) {
        self.join(alert);
        self.scope.widen(scope);
        if self.incident.subject == Subject::Volume && subject != Subject::Volume {
            self.incident.subject = subject;
            self.find_first(window);
        }
    }

    /// Quotes the oldest mention that is about the subject itself as the first: an ordinary complaint just before is not what
    /// started it.
    pub(crate) fn find_first(&mut self, window: &VecDeque<Observation>) {
        let first = window.iter().find(|observation| is_about(&self.incident.subject, observation));
        if let Some(first) = first.filter(|first| self.scope.holds(first)) {
            self.incident.first_mention = Some(first.quoted());
        }
    }

    /// Counts a mention that belongs.
    pub(crate) fn count(&mut self, observation: &Observation) {
        let at = observation.published_at;
        let incident = &mut self.incident;
        incident.updated_at = incident.updated_at.max(at);
        incident.mention_count += 1;
        incident.reach = incident.reach.saturating_add(observation.reach);
        observation.emotions.iter().for_each(|emotion| increment(&mut incident.emotions, *emotion));
        observation.causes.iter().for_each(|cause| increment(&mut incident.causes, *cause));
        increment(&mut incident.sources, observation.key.source.clone());
        let is_first = incident.first_mention.as_ref().is_none_or(|first| at < first.published_at);
        if is_first && is_about(&incident.subject, observation) {
            incident.first_mention = Some(observation.quoted());
        }
        self.quote(observation);
    }

    /// Keeps the texts with the largest audience, one a story: reposts say nothing new.
    fn quote(&mut self, observation: &Observation) {
        let story = &observation.story.0;
        let weight = observation.weight();
        if let Some(index) = self.quoted.iter().position(|quoted| quoted.story == *story) {
            if self.quoted[index].weight >= weight {
                return;
            }
            self.quoted.remove(index);
            self.incident.top_mentions.remove(index);
        }
        let place = self.quoted.partition_point(|quoted| quoted.weight >= weight);
        self.quoted.insert(place, Quoted { weight, story: story.clone() });
        self.incident.top_mentions.insert(place, observation.quoted());
        self.quoted.truncate(MOST_QUOTED);
        self.incident.top_mentions.truncate(MOST_QUOTED);
    }

    /// Forgets the words of a text that its author removed; returns whether it was quoted.
    pub(crate) fn forget(&mut self, key: &MentionKey) -> bool {
        let mut was_quoted = false;
        if let Some(first) = self.incident.first_mention.as_mut().filter(|first| first.key == *key) {
            first.excerpt.clear();
            first.url = None;
            was_quoted = true;
        }
        if let Some(index) = self.incident.top_mentions.iter().position(|mention| mention.key == *key) {
            self.incident.top_mentions.remove(index);
            self.quoted.remove(index);
            was_quoted = true;
        }
        was_quoted
    }

    /// Takes in the new words of a quoted text; returns whether it was quoted.
    pub(crate) fn reword(&mut self, observation: &Observation) -> bool {
        let mut was_quoted = false;
        for quote in self.incident.first_mention.iter_mut().chain(&mut self.incident.top_mentions) {
            if quote.key == observation.key {
                *quote = observation.quoted();
                was_quoted = true;
            }
        }
        was_quoted
    }
}

/// Adds one to a value's count and keeps the list sorted, most first.
fn increment<T: PartialEq>(counts: &mut Vec<(T, u32)>, value: T) {
    let index = match counts.iter().position(|(held, _)| *held == value) {
        Some(index) => index,
        None => {
            counts.push((value, 0));
            counts.len() - 1
        }
    };
    counts[index].1 += 1;
    let count = counts[index].1;
    let place = counts[..index].partition_point(|(_, other)| *other >= count);
    counts[place..=index].rotate_right(1);
}
