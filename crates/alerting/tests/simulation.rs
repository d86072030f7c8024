//! Ordinary days that must stay calm, and bad buzzes that must be seen early.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Cause, Change, Emotion, IncidentStatus, LiveEvent, StoryId, Subject, Tag, TaggedMention};
use journal::{Entry, TaggedReader};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use state::Database;
use vigie_alerting::{Alerting, Detector, MIGRATIONS};

/// What a person of the brand hears, by hour of the day: little at night, most at noon and in the evening.
const DAILY_RHYTHM: [f64; 24] = [
    0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.5, 1.6, 1.5, 1.6, 2.4, 2.2, 1.5, 1.4, 1.5, 1.8, 2.4, 2.6, 2.4,
    2.0, 1.2, 0.5,
];

struct World {
    alerting: Alerting,
    detector: Detector,
    random: StdRng,
    now: DateTime<Utc>,
    next: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let alerting = Alerting::new(Database::open_in_memory(&[MIGRATIONS]).unwrap(), &[]);
        let detector = alerting.reader();
        Self { alerting, detector, random: StdRng::seed_from_u64(seed), now: testkit::at(0), next: 1 }
    }

    /// A mention of now, by an author of its own.
    fn mention(&mut self, held: &[Tag]) -> TaggedMention {
        let mut tagged = testkit::tagged(self.next, &format!("texte {}", self.next), held);
        self.next += 1;
        tagged.mention.published_at = self.now;
        tagged.mention.version_at = self.now;
        tagged.mention.collected_at = self.now;
        tagged
    }

    /// Gives mentions to the detector; returns the numbers of the incidents that changed.
    async fn hear(&mut self, mentions: Vec<TaggedMention>) -> Vec<i64> {
        let first = self.next * 1000;
        let entries: Vec<_> =
            mentions.into_iter().zip(first..).map(|(record, offset)| Entry { offset, record }).collect();
        self.next += entries.len() as u64;
        let events = self.detector.apply(&entries).await.unwrap();
        let incident = |event: LiveEvent| match event {
            LiveEvent::Incident(incident) => incident.id,
            other => panic!("alerting announces only incidents, not {other:?}"),
        };
        events.into_iter().map(incident).collect()
    }

    /// Ordinary days with about 30 mentions each, a third of them negative.
    async fn ordinary_days(&mut self, days: usize) {
        for _ in 0..days {
            let mut mentions = Vec::new();
            for rate in DAILY_RHYTHM {
                // Sixty trials an hour come close enough to a Poisson process.
                for _ in 0..60 {
                    self.now += TimeDelta::minutes(1);
                    if self.random.random_bool(rate / 60.0) {
                        let emotion = Emotion::ALL[self.random.random_range(0..5)];
                        let is_negative = self.random.random_bool(0.35);
                        let held =
                            [Tag::Emotion(emotion), Tag::Cause(Cause::ALL[self.random.random_range(0..12)])];
                        let mention = self.mention(if is_negative { &held } else { &[] });
                        mentions.push(mention);
                    }
                }
            }
            self.hear(mentions).await;
        }
    }

    async fn incidents(&self) -> Vec<domain::Incident> {
        self.alerting.recent(None, 100).await.unwrap()
    }
}

fn angry() -> Vec<Tag> {
    testkit::angry_delivery_complaint()
}

#[tokio::test]
async fn ordinary_weeks_raise_at_most_one_false_alert_in_ten() {
    let mut false_alerts = 0;
    let brand_weeks = 40;
    for seed in 0..brand_weeks / 4 {
        let mut world = World::new(seed);
        world.ordinary_days(28).await;
        false_alerts += world.incidents().await.len();
    }
    assert!(false_alerts * 10 <= brand_weeks as usize, "{false_alerts} in {brand_weeks} brand-weeks");
}

#[tokio::test]
async fn a_bad_buzz_is_seen_within_its_first_twelve_posts() {
    for seed in 0..10 {
        let mut world = World::new(seed);
        world.ordinary_days(10).await;
        let before = world.incidents().await.len();
        let mut posts = 0;
        while world.incidents().await.len() == before {
            world.now += TimeDelta::minutes(3);
            let mention = world.mention(&angry());
            world.hear(vec![mention]).await;
            posts += 1;
            assert!(posts <= 12, "seed {seed}: not seen after {posts} posts");
        }
        let incident = &world.incidents().await[0];
        assert_eq!(incident.subject, Subject::Cause(Cause::Delivery));
        assert!(incident.mention_count >= 4 && incident.first_mention.is_some());
        let alert = &incident.alerts[0];
        assert!(alert.expected < 2.0 && alert.observed >= 5 && alert.score >= 5.0, "{alert:?}");
    }
}

#[tokio::test]
async fn five_hundred_reposts_are_one_incident_about_the_story() {
    let mut world = World::new(1);
    world.ordinary_days(5).await;
    let story = StoryId("test:the-first".to_owned());
    for _ in 0..500 {
        world.now += TimeDelta::seconds(10);
        let mut repost = world.mention(&angry());
        repost.story.id = story.clone();
        world.hear(vec![repost]).await;
    }
    let incidents = world.incidents().await;
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].subject, Subject::Story(story));
    assert_eq!(incidents[0].mention_count, 500);
    assert_eq!(incidents[0].top_mentions.len(), 1, "reposts say nothing new");
}

#[tokio::test]
async fn an_incident_that_turns_out_to_be_a_story_says_so_and_quotes_its_first_post() {
    let mut world = World::new(9);
    world.ordinary_days(5).await;
    let before = world.incidents().await.len();
    let story = StoryId("test:the-first".to_owned());
    let anger_alone = [Tag::Emotion(Emotion::Anger), Tag::Flag(domain::Flag::Complaint)];
    let mut first = String::new();
    for number in 0..60 {
        world.now += TimeDelta::seconds(40);
        let mut mention = world.mention(&anger_alone);
        // First a few people with words of their own, then everybody repeats the third of them.
        if number == 2 || number > 8 {
            mention.story.id = story.clone();
        }
        if number == 2 {
            first = mention.mention.key.external_id.clone();
        }
        world.hear(vec![mention]).await;
    }
    let incidents = world.incidents().await;
    assert_eq!(incidents.len(), before + 1);
    assert_eq!(incidents[0].subject, Subject::Story(story));
    assert_eq!(incidents[0].first_mention.as_ref().unwrap().key.external_id, first);
}

#[tokio::test]
async fn one_person_who_writes_ten_times_is_no_crisis() {
    let mut world = World::new(2);
    world.ordinary_days(5).await;
    let before = world.incidents().await.len();
    for _ in 0..10 {
        world.now += TimeDelta::minutes(1);
        let mut mention = world.mention(&angry());
        mention.mention.author = Some("the-same".to_owned());
        world.hear(vec![mention]).await;
    }
    assert_eq!(world.incidents().await.len(), before);
}

#[tokio::test]
async fn another_burst_a_day_later_is_another_incident() {
    let mut world = World::new(8);
    world.ordinary_days(6).await;
    for day in 1..=2 {
        let mentions: Vec<_> = (0..10).map(|_| world.mention(&angry())).collect();
        world.hear(mentions).await;
        assert_eq!(world.incidents().await.len(), day);
        world.ordinary_days(1).await;
    }
}

#[tokio::test]
async fn history_that_is_collected_late_raises_nothing() {
    let mut world = World::new(3);
    world.ordinary_days(5).await;
    let before = world.incidents().await.len();
    let mut burst: Vec<_> = (0..100).map(|_| world.mention(&angry())).collect();
    burst.iter_mut().for_each(|tagged| tagged.mention.collected_at += TimeDelta::days(3));
    world.hear(burst).await;
    assert_eq!(world.incidents().await.len(), before);
}

#[tokio::test]
async fn what_is_delivered_twice_is_counted_once() {
    let mut world = World::new(4);
    world.ordinary_days(5).await;
    let mentions: Vec<_> = (0..20).map(|_| world.mention(&angry())).collect();
    world.hear(mentions.clone()).await;
    let once = world.incidents().await;
    assert_eq!(once[0].mention_count, 20);
    // The same mentions at later offsets, as a second import brings them.
    assert!(world.hear(mentions.clone()).await.is_empty());
    // The same entries again, as a journal that was read back brings them.
    let entries: Vec<_> = mentions.into_iter().map(|record| Entry { offset: 1, record }).collect();
    assert!(world.detector.apply(&entries).await.unwrap().is_empty());
    assert_eq!(world.incidents().await, once);
}

#[tokio::test]
async fn a_restarted_detector_goes_on_where_the_other_ended() {
    let mut world = World::new(5);
    world.ordinary_days(5).await;
    for _ in 0..4 {
        let mention = world.mention(&angry());
        world.hear(vec![mention]).await;
    }
    world.detector = world.alerting.reader();
    for _ in 0..6 {
        let mention = world.mention(&angry());
        world.hear(vec![mention]).await;
    }
    let incidents = world.incidents().await;
    assert_eq!(incidents.len(), 1);
    assert_eq!(incidents[0].mention_count, 10, "the four before the restart count too");
}

#[tokio::test]
async fn people_acknowledge_and_resolve_and_silence_resolves_by_itself() {
    let mut world = World::new(6);
    world.ordinary_days(5).await;
    let mentions: Vec<_> = (0..10).map(|_| world.mention(&angry())).collect();
    let id = world.hear(mentions).await[0];
    let alerting = world.alerting.clone();
    let acknowledged = alerting.acknowledge(id, "anne").await.unwrap();
    assert_eq!(acknowledged.status, IncidentStatus::Acknowledged);
    let again = alerting.acknowledge(id, "bruno").await.unwrap();
    assert_eq!(again.acknowledged_by.as_deref(), Some("anne"));
    assert!(alerting.resolve_quiet(world.now + TimeDelta::hours(5)).await.unwrap().is_empty());
    let resolved = alerting.resolve_quiet(world.now + TimeDelta::hours(7)).await.unwrap();
    assert_eq!(resolved.len(), 1);
    assert_eq!(resolved[0].resolved_by, None);
    assert!(alerting.open(None).await.unwrap().is_empty());
    let error = alerting.resolve(id, "anne").await.unwrap_err().to_string();
    assert!(error.contains("resolved meanwhile"), "{error}");
    assert!(alerting.find(id + 1).await.unwrap_err().to_string().contains("no incident"));
}

#[tokio::test]
async fn a_removed_text_is_no_longer_quoted() {
    let mut world = World::new(7);
    world.ordinary_days(5).await;
    let mentions: Vec<_> = (0..10).map(|_| world.mention(&angry())).collect();
    let mut removed = mentions[0].clone();
    world.hear(mentions).await;
    removed.mention.change = Change::Deleted;
    removed.mention.text.clear();
    assert_eq!(world.hear(vec![removed.clone()]).await.len(), 1);
    let incident = &world.incidents().await[0];
    assert_eq!(incident.first_mention.as_ref().unwrap().excerpt, "");
    assert!(incident.top_mentions.iter().all(|mention| mention.key != removed.mention.key));
    assert_eq!(incident.mention_count, 10);
}
