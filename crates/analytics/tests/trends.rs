//! The numbers on the pages, counted by hand.

#![allow(clippy::unwrap_used, reason = "the parts of the test are functions of their own")]

mod support;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{BrandId, Cause, Change, Emotion, Flag, Language, Tag, TaggedMention};
use support::{apply, start};
use vigie_analytics::{
    Analytics, AnalyticsError, BrandShare, Bucket, CauseCount, TimelinePoint, Totals, TrendFilter,
};

const ANGRY: [Tag; 3] =
    [Tag::Emotion(Emotion::Anger), Tag::Cause(Cause::Delivery), Tag::Flag(Flag::Complaint)];
const LET_DOWN: [Tag; 4] = [
    Tag::Emotion(Emotion::Anger),
    Tag::Emotion(Emotion::Disappointment),
    Tag::Cause(Cause::Delivery),
    Tag::Cause(Cause::Refund),
];

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn brand(id: &str) -> BrandId {
    id.parse().unwrap()
}

fn mention(id: u64, at: &str, brands: &[&str], held: &[Tag]) -> TaggedMention {
    let mut tagged = testkit::tagged(id, "text", held);
    tagged.mention.published_at = time(at);
    tagged.mention.version_at = time(at);
    tagged.mention.brands = brands.iter().map(|id| brand(id)).collect();
    tagged
}

fn filter(from: &str, to: &str) -> TrendFilter {
    TrendFilter { brands: vec![], from: time(from), to: time(to), source: None, language: None }
}

/// Two days around the end of summer time in Paris.
async fn filled(analytics: &Analytics) {
    let mut official = mention(20, "2026-10-25T10:00:00Z", &["colisio"], &[]);
    official.mention.official = true;
    let mut spanish = mention(6, "2026-10-25T12:00:00Z", &["colisio"], &[Tag::Emotion(Emotion::Annoyance)]);
    spanish.language = Language::new("es");
    let mut review = mention(7, "2026-10-25T12:59:59.999999Z", &["colisio"], &[]);
    review.mention.key.source = "reviews".to_owned();
    review.mention.reach = 1;
    let deleted = mention(8, "2026-10-25T12:00:00Z", &["colisio"], &ANGRY);
    let mut deletion = deleted.clone();
    deletion.mention.change = Change::Deleted;
    deletion.mention.version_at = time("2026-10-25T13:00:00Z");
    let mentions = vec![
        // 23:30 of the 24th in Paris; 00:30 of the 25th; 00:30 of the 26th, which is one hour longer away.
        mention(1, "2026-10-24T21:30:00Z", &["colisio"], &ANGRY),
        mention(2, "2026-10-24T22:30:00Z", &["colisio"], &ANGRY),
        mention(3, "2026-10-25T23:30:00Z", &["colisio"], &LET_DOWN),
        mention(4, "2026-10-25T10:10:00Z", &["colisio", "rivale"], &LET_DOWN),
        mention(5, "2026-10-25T10:50:00Z", &["rivale"], &[]),
        spanish,
        review,
        deleted,
        deletion,
        official,
    ];
    apply(&mut analytics.reader(), mentions).await;
}

fn emotions(counts: [u64; 5]) -> BTreeMap<Emotion, u64> {
    Emotion::ALL.into_iter().zip(counts).collect()
}

#[tokio::test]
async fn each_number_is_the_one_counted_by_hand() {
    let test = start().await;
    let analytics = test.analytics().await;
    filled(&analytics).await;
    days_of_the_brand(&analytics).await;
    days_that_begin_inside_an_hour(&analytics).await;
    hours_of_one_brand(&analytics).await;
    figures(&analytics).await;
    limits(&analytics).await;
}

async fn days_of_the_brand(analytics: &Analytics) {
    let period = filter("2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z");
    let points = analytics.timeline(&period, Bucket::Day, chrono_tz::Europe::Paris).await.unwrap();
    let expected = [
        TimelinePoint {
            at: time("2026-10-23T22:00:00Z"),
            mentions: 1,
            complaints: 1,
            emotions: emotions([1, 0, 0, 0, 0]),
        },
        TimelinePoint {
            at: time("2026-10-24T22:00:00Z"),
            mentions: 5,
            complaints: 1,
            emotions: emotions([2, 0, 1, 0, 1]),
        },
        TimelinePoint {
            at: time("2026-10-25T23:00:00Z"),
            mentions: 1,
            complaints: 0,
            emotions: emotions([1, 0, 0, 0, 1]),
        },
    ];
    assert_eq!(points, expected);
}

async fn days_that_begin_inside_an_hour(analytics: &Analytics) {
    // Midnight in Kolkata is 18:30 UTC; in Kathmandu it is 18:15.
    let at = ["2026-11-01T18:10:00Z", "2026-11-01T18:20:00Z", "2026-11-01T18:40:00Z", "2026-11-02T18:29:59Z"];
    let mentions = (30..).zip(at).map(|(id, at)| mention(id, at, &["pondicherie"], &[])).collect();
    apply(&mut analytics.reader(), mentions).await;
    let mut period = filter("2026-11-01T18:15:00Z", "2026-11-02T18:15:00Z");
    period.brands = vec![brand("pondicherie")];
    let counts = |points: Vec<TimelinePoint>| points.iter().map(|point| point.mentions).collect::<Vec<_>>();
    let kathmandu = analytics.timeline(&period, Bucket::Day, chrono_tz::Asia::Kathmandu).await.unwrap();
    assert_eq!(counts(kathmandu), [2]);
    assert_eq!(analytics.totals(&period).await.unwrap().mentions, 2);
    (period.from, period.to) = (time("2026-10-31T18:30:00Z"), time("2026-11-02T18:30:00Z"));
    let kolkata = analytics.timeline(&period, Bucket::Day, chrono_tz::Asia::Kolkata).await.unwrap();
    assert_eq!(counts(kolkata), [2, 2]);
}

async fn hours_of_one_brand(analytics: &Analytics) {
    let (from, to) = (time("2026-10-25T10:00:00Z"), time("2026-10-25T13:20:00Z"));
    let points = analytics.hourly_history(&brand("colisio"), from, to).await.unwrap();
    let counts: Vec<_> = points.iter().map(|point| (point.at.to_rfc3339(), point.mentions)).collect();
    let expected = [(10, 1), (11, 0), (12, 2), (13, 0)];
    assert_eq!(counts, expected.map(|(hour, count)| (format!("2026-10-25T{hour}:00:00+00:00"), count)));
    assert_eq!(points[1].emotions, emotions([0; 5]));
    let strangers = analytics.hourly_history(&brand("nobody"), from, to).await.unwrap();
    assert_eq!(strangers.len(), 4);
    assert!(strangers.iter().all(|point| point.mentions == 0));
}

async fn figures(analytics: &Analytics) {
    let mut day = filter("2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z");
    let causes = analytics.causes(&day).await.unwrap();
    let cause = |cause, mentions, before| CauseCount { cause, mentions, before };
    assert_eq!(causes, [cause(Cause::Delivery, 2, 2), cause(Cause::Refund, 2, 0)]);
    let by_cause = analytics.emotions_by_cause(&day).await.unwrap();
    let both = emotions([2, 0, 0, 0, 2]);
    assert_eq!(by_cause, [(Cause::Delivery, both.clone()), (Cause::Refund, both)]);
    let names =
        |rows: Vec<(String, u64)>| rows.into_iter().map(|(n, c)| format!("{n} {c}")).collect::<Vec<_>>();
    assert_eq!(names(analytics.sources(&day).await.unwrap()), ["test 4", "reviews 1"]);
    assert_eq!(names(analytics.languages(&day).await.unwrap()), ["fr 4", "es 1"]);
    // A mention of two brands counts once in the figures of both together, and for each in the shares.
    let expected = Totals { mentions: 5, complaints: 0, emotional: 3, reach: 401 };
    assert_eq!(analytics.totals(&day).await.unwrap(), expected);
    day.brands = vec![brand("rivale"), brand("colisio")];
    assert_eq!(analytics.totals(&day).await.unwrap(), expected);
    day.brands = vec![brand("rivale")];
    assert_eq!(analytics.totals(&day).await.unwrap().mentions, 2);
    let share = |id, mentions, emotional| BrandShare { brand: brand(id), mentions, complaints: 0, emotional };
    let shares = analytics.shares(&day).await.unwrap();
    assert_eq!(shares, [share("colisio", 4, 3), share("rivale", 2, 1)]);
    day.brands = vec![];
    day.source = Some("reviews".to_owned());
    assert_eq!(analytics.totals(&day).await.unwrap().mentions, 1);
    day.language = Some("es".to_owned());
    assert_eq!(analytics.totals(&day).await.unwrap(), Totals::default());
    assert_eq!(analytics.causes(&day).await.unwrap(), []);
    // Ten mentions, of which one was deleted; what the brand wrote itself is one of them. Four more came later.
    assert_eq!(analytics.count().await.unwrap(), 8 + 4);
}

async fn limits(analytics: &Analytics) {
    let mut period = filter("2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z");
    (period.from, period.to) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    assert_eq!(analytics.totals(&period).await.unwrap().mentions, 11);
    assert_eq!(analytics.causes(&period).await.unwrap().len(), 2);
    let error = analytics.timeline(&period, Bucket::Day, Tz::UTC).await.unwrap_err();
    assert!(matches!(error, AnalyticsError::TooManyPoints(_)), "{error}");
    (period.from, period.to) = (period.to, period.from);
    assert_eq!(analytics.timeline(&period, Bucket::Hour, Tz::UTC).await.unwrap(), []);
    assert_eq!(analytics.totals(&period).await.unwrap(), Totals::default());
}
