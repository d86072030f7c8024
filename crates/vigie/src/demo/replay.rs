//! Plays the story into the journal, the way collectors would.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use chrono::Utc;
use collectors::Relevance;
use domain::Mention;
use journal::Journal;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Story, story::StoryPost};

/// Posts of the past that are appended in one step.
const HISTORY_BATCH: usize = 100;

/// Plays one story.
pub struct Replay {
    journal: Arc<dyn Journal>,
    relevance: Relevance,
}

impl Replay {
    /// A replay into this journal.
    pub fn new(journal: Arc<dyn Journal>, relevance: Relevance) -> Self {
        Self { journal, relevance }
    }

    /// Appends the days before at once; returns how many mentions they gave.
    pub async fn history(&self, story: &Story) -> Result<usize> {
        let mut appended = 0;
        for batch in story.history.chunks(HISTORY_BATCH) {
            let mentions: Vec<Mention> = batch.iter().filter_map(|post| self.mention(post)).collect();
            appended += mentions.len();
            self.journal.append_collected(&mentions, None).await?;
        }
        Ok(appended)
    }

    /// Appends each post of the day when its time has come, `speed` seconds of the story in one second.
    pub async fn day(&self, story: &Story, speed: f64, shutdown: &CancellationToken) -> Result<()> {
        let Some(first) = story.day.first() else { return Ok(()) };
        let started = Instant::now();
        for post in &story.day {
            let into_story = (post.post.published_at - first.post.published_at).num_milliseconds();
            let wait = Duration::from_secs_f64(into_story.max(0) as f64 / 1000.0 / speed);
            tokio::select! {
                () = tokio::time::sleep_until(started + wait) => {}
                () = shutdown.cancelled() => return Ok(()),
            }
            if let Some(mention) = self.mention(post) {
                self.journal.append_collected(&[mention], None).await?;
            }
        }
        Ok(())
    }

    fn mention(&self, post: &StoryPost) -> Option<Mention> {
        self.relevance.mention(&post.source, post.post.clone(), Utc::now())
    }
}
