//! What an incident is about, and which mentions and alerts belong to it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Alert, Cause, Series, StoryId, Subject};
use serde::{Deserialize, Serialize};

use crate::{
    detector::{BrandState, counted},
    observation::Observation,
};

/// A cause is what mentions are about when this share of those that name any cause names it …
const SHARE_OF_CAUSE: f32 = 0.5;
/// … and this share of all: a few mentions with a cause say nothing of the others.
const SHARE_WITH_CAUSE: f32 = 0.3;
const FEWEST_WITH_CAUSE: u32 = 3;
/// A story is what mentions are about when this share of all tells it …
const SHARE_OF_STORY: f32 = 0.5;
/// … or this share, once it was told so often that it clearly spreads.
const SHARE_OF_SPREADING_STORY: f32 = 0.25;
const TELLINGS_OF_SPREADING_STORY: u32 = 5;
/// A cause that this share of the mentions has belongs to the incident's scope.
const SHARE_OF_SCOPE: f32 = 0.3;
/// An alert joins an incident when this share of what set it off belongs to the incident.
const SHARE_THAT_JOINS: f32 = 0.3;
/// An incident whose series was no longer unusual for this long is over: a new alert opens a new one.
pub(crate) const QUIET: TimeDelta = TimeDelta::hours(6);

/// Which mentions belong to an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scope {
    /// The stories that it began with.
    stories: Vec<StoryId>,
    /// The causes that it began with; a negative mention with one of them belongs.
    causes: Vec<Cause>,
    breadth: Breadth,
}

/// What belongs besides the stories and the causes of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Breadth {
    /// Nothing.
    Narrow,
    /// Every negative mention: most of those that set the alert off were.
    Negative,
    /// Every mention of the series that fired.
    Series(Series),
}

impl Scope {
    /// Whether a mention belongs to the incident.
    pub(crate) fn holds(&self, observation: &Observation) -> bool {
        let has_cause = || observation.causes.iter().any(|cause| self.causes.contains(cause));
        self.stories.contains(&observation.story)
            || (observation.is_negative() && has_cause())
            || match self.breadth {
                Breadth::Narrow => false,
                Breadth::Negative => observation.is_negative(),
                Breadth::Series(series) => observation.is_in(series),
            }
    }

    /// Whether an alert, set off by these mentions, is about the same event.
    pub(crate) fn takes_in(&self, mentions: &[&Observation]) -> bool {
        let held = mentions.iter().filter(|mention| self.holds(mention)).count();
        held as f32 >= SHARE_THAT_JOINS * mentions.len() as f32
    }

    /// Takes another scope in, because an event changes its words while it spreads.
    pub(crate) fn widen(&mut self, other: Scope) {
        for story in other.stories {
            if !self.stories.contains(&story) {
                self.stories.push(story);
            }
        }
        for cause in other.causes {
            if !self.causes.contains(&cause) {
                self.causes.push(cause);
            }
        }
        if self.breadth == Breadth::Narrow {
            self.breadth = other.breadth;
        }
    }
}

/// Whether a mention is about the subject itself, and so may be what started it.
pub(crate) fn is_about(subject: &Subject, observation: &Observation) -> bool {
    match subject {
        Subject::Story(story) => observation.story == *story,
        Subject::Cause(cause) => observation.is_negative() && observation.causes.contains(cause),
        Subject::Volume => true,
    }
}

/// What the mentions behind an alert are about.
pub(crate) fn subject_and_scope(alert: &Alert, mentions: &[&Observation]) -> (Subject, Scope) {
    let total = mentions.len() as f32;
    let stories = counted(mentions.iter().map(|mention| mention.story.clone()));
    let causes = counted(mentions.iter().flat_map(|mention| mention.causes.iter().copied()));
    let told_twice =
        stories.iter().filter(|(_, count)| **count > 1).map(|(story, _)| story.clone()).collect();
    let in_scope = causes.iter().filter(|(_, count)| **count as f32 >= SHARE_OF_SCOPE * total);
    let in_scope = in_scope.map(|(cause, _)| *cause).collect();

    let largest_story = stories.into_iter().max_by_key(|(_, count)| *count).filter(|(_, count)| {
        let share = *count as f32 / total;
        let spreads = *count >= TELLINGS_OF_SPREADING_STORY && share >= SHARE_OF_SPREADING_STORY;
        *count > 1 && (share >= SHARE_OF_STORY || spreads)
    });
    let with_cause = mentions.iter().filter(|mention| !mention.causes.is_empty()).count() as f32;
    let largest_cause = causes.into_iter().max_by_key(|(_, count)| *count).filter(|(_, count)| {
        let count = *count as f32;
        count >= SHARE_OF_CAUSE * with_cause
            && count >= (SHARE_WITH_CAUSE * total).max(FEWEST_WITH_CAUSE as f32)
    });
    let negative = mentions.iter().filter(|mention| mention.is_negative()).count();
    let breadth =
        if negative * 2 >= mentions.len() { Breadth::Negative } else { Breadth::Series(alert.series) };
    let (subject, breadth) = match (largest_story, largest_cause) {
        (Some((story, _)), _) => (Subject::Story(story), Breadth::Narrow),
        (None, Some((cause, _))) => (Subject::Cause(cause), Breadth::Narrow),
        (None, None) => (Subject::Volume, breadth),
    };
    let mut scope = Scope { stories: told_twice, causes: in_scope, breadth };
    if let Subject::Cause(cause) = &subject
        && !scope.causes.contains(cause)
    {
        scope.causes.push(*cause);
    }
    (subject, scope)
}

/// What set an alert off, oldest first.
pub(crate) fn behind<'a>(state: &'a BrandState, alert: &Alert) -> Vec<&'a Observation> {
    let since: DateTime<Utc> = alert.fired_at - TimeDelta::seconds(i64::from(alert.window_seconds));
    state.recent(alert.series).filter(|observation| observation.published_at > since).collect()
}
