//! The written story: ten ordinary days, an ordinary day, a bad buzz.

use anyhow::{Context, Result, bail};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use collectors::Post;
use domain::{Engagement, MentionKind};
use serde::Deserialize;

const HISTORY: &str = include_str!("history.jsonl");
const DAY: &str = include_str!("day.jsonl");
const BUZZ: &str = include_str!("buzz.jsonl");

/// One text of the story as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: String,
    /// Days before the day of the story, 0 or less.
    #[serde(default)]
    day: i64,
    at: NaiveTime,
    source: String,
    kind: MentionKind,
    author: Option<String>,
    title: Option<String>,
    text: String,
    rating: Option<f32>,
    #[serde(default)]
    reach: u64,
    #[serde(default)]
    replies: u64,
    #[serde(default)]
    reposts: u64,
    #[serde(default)]
    likes: u64,
    in_reply_to: Option<String>,
    /// For whoever reads the story: the program finds it by the account.
    #[serde(default)]
    #[expect(dead_code, reason = "the official accounts of the brand decide")]
    official: bool,
    /// For whoever reads the story: the program finds it by the queries.
    #[serde(default)]
    #[expect(dead_code, reason = "the queries of the brands decide")]
    brand: Option<String>,
}

/// A text of the story, placed in time.
#[derive(Debug, Clone)]
pub struct StoryPost {
    /// The source it is filed under.
    pub source: String,
    /// The text as a collector would bring it.
    pub post: Post,
}

/// The story, placed so that it ends at a chosen moment. Each part is sorted by time.
#[derive(Debug)]
pub struct Story {
    /// The days before: what is usual.
    pub history: Vec<StoryPost>,
    /// The day that is replayed, with its bad buzz.
    pub day: Vec<StoryPost>,
}

impl Story {
    /// Places the story so that its last post is published at `end`.
    pub fn ending_at(end: DateTime<Utc>) -> Result<Self> {
        let history = read("history.jsonl", HISTORY)?;
        let mut day = read("day.jsonl", DAY)?;
        day.extend(read("buzz.jsonl", BUZZ)?);
        let Some(last) = day.iter().map(|line| line.at).max() else { bail!("the story has no day") };
        let midnight = end - (last - NaiveTime::MIN);
        Ok(Self { history: placed(history, midnight), day: placed(day, midnight) })
    }

    /// How long the replayed day is.
    pub fn day_length(&self) -> TimeDelta {
        match (self.day.first(), self.day.last()) {
            (Some(first), Some(last)) => last.post.published_at - first.post.published_at,
            _ => TimeDelta::zero(),
        }
    }
}

fn read(name: &str, text: &str) -> Result<Vec<Line>> {
    let parsed = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    parsed
        .map(|(index, line)| {
            serde_json::from_str(line).with_context(|| format!("the story's {name}, line {}", index + 1))
        })
        .collect()
}

fn placed(lines: Vec<Line>, midnight: DateTime<Utc>) -> Vec<StoryPost> {
    let mut posts: Vec<StoryPost> = lines
        .into_iter()
        .map(|line| {
            let published_at = midnight + TimeDelta::days(line.day) + (line.at - NaiveTime::MIN);
            line.into_post(published_at)
        })
        .collect();
    posts.sort_by_key(|post| post.post.published_at);
    posts
}

impl Line {
    fn into_post(self, published_at: DateTime<Utc>) -> StoryPost {
        let post = Post {
            kind: self.kind,
            url: Some(format!("https://{}.example/{}", self.source, self.id)),
            author_handle: self.author,
            in_reply_to: self.in_reply_to,
            title: self.title,
            rating: self.rating,
            reach: self.reach,
            engagement: Engagement { replies: self.replies, reposts: self.reposts, likes: self.likes },
            ..Post::new(self.id, self.text, published_at)
        };
        StoryPost { source: self.source, post }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use collectors::Relevance;

    use super::*;

    #[test]
    fn the_story_is_whole_and_every_text_concerns_a_brand() {
        let end = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let story = Story::ending_at(end).unwrap();
        assert!(story.history.len() > 250 && story.day.len() > 180);
        assert_eq!(story.day.last().unwrap().post.published_at, end);
        assert!(story.history.last().unwrap().post.published_at < story.day[0].post.published_at);
        let relevance = Relevance::new(&crate::demo::brands(), b"key").unwrap();
        let mut ids = HashSet::new();
        for StoryPost { source, post } in story.history.iter().chain(&story.day) {
            assert!(ids.insert(post.external_id.clone()), "{} is there twice", post.external_id);
            let is_reply = post.in_reply_to.is_some();
            let text = post.text.clone();
            assert!(
                is_reply || relevance.mention(source, post.clone(), end).is_some(),
                "concerns no brand: {text}"
            );
        }
    }
}
