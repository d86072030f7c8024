//! Figures and their words, on values.

use domain::Cause;

use super::*;
use crate::i18n::Locale;

fn l() -> Localizer {
    Localizer { locale: Locale::En, zone: chrono_tz::Europe::Paris, now: testkit::at(0) }
}

fn behind(brand: Option<&str>, source: Option<&str>) -> Behind {
    let day = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
    Behind {
        brand: brand.map(|brand| brand.parse().unwrap()),
        source: source.map(str::to_owned),
        language: None,
        days: (day(18), day(24)),
    }
}

#[test]
fn figures_link_to_the_mentions_behind_them() {
    let behind = behind(Some("colisio"), Some("rss"));
    let address = "/search?q=brand:colisio+source:rss+from:2026-11-18+to:2026-11-24";
    assert_eq!(behind.address(""), address);
    let own = "/search?q=source:rss+brand:rapidex+from:2026-11-18+to:2026-11-24";
    assert_eq!(behind.address("brand:rapidex"), own, "a row's own condition takes the place of the page's");
    assert_eq!(behind.any_day(), "/search?q=brand:colisio+source:rss+from:DAY+to:DAY");
}

#[test]
fn a_change_is_told_in_words_that_fit_its_size() {
    let told = |now, before| {
        let change = Change::new(l(), now, before);
        (change.direction, change.words)
    };
    assert_eq!(told(123, 100), ("up", "+23%".to_owned()));
    assert_eq!(told(75, 100), ("down", "\u{2212}25%".to_owned()));
    assert_eq!(told(0, 4), ("down", "\u{2212}100%".to_owned()));
    assert_eq!(told(120, 10), ("up", "×\u{202f}12".to_owned()));
    assert_eq!(told(5, 0), ("up", "new".to_owned()));
    assert_eq!(told(0, 0), ("", String::new()));
    assert_eq!(told(4, 4), ("same", "same".to_owned()));
}

#[test]
fn causes_that_vanished_are_shown_and_those_that_never_were_are_not() {
    let count = |cause, mentions, before| CauseCount { cause, mentions, before };
    let counts = [count(Cause::Delivery, 40, 20), count(Cause::Refund, 10, 0), count(Cause::Store, 0, 3)];
    let rows = causes(l(), &behind(None, None), &[&counts[..], &[count(Cause::Fraud, 0, 0)]].concat(), true);
    let shown: Vec<_> = rows.iter().map(|row| (row.label.as_str(), row.width.as_str())).collect();
    assert_eq!(shown, [("Delivery", "100.0%"), ("Refund", "25.0%"), ("Store", "0.0%")]);
    assert!(rows[0].address.contains("cause:delivery"));
}

#[test]
fn brands_that_nobody_speaks_of_have_no_rate_and_divide_nothing_by_zero() {
    let second = domain::Brand { id: "rapidex".parse().unwrap(), name: "Rapidex".into(), ..testkit::brand() };
    let page = PageContext::for_tests(l(), vec![testkit::brand(), second]);
    let share = BrandShare { brand: testkit::brand_id(), mentions: 30, complaints: 12, emotional: 9 };
    let rows = shares(&page, &behind(None, None), &[share]);
    assert_eq!((rows[0].brand.as_str(), rows[0].mentions.share.as_str()), ("Colisio", "100%"));
    assert_eq!((rows[0].complaint_rate.as_str(), rows[1].complaint_rate.as_str()), ("40%", ""));
    assert_eq!(shares(&page, &behind(None, None), &[])[0].mentions.width, "0.0%");
}

#[test]
fn the_table_has_every_emotion_of_every_step_newest_first() {
    let point = |hours: i64, anger| TimelinePoint {
        at: testkit::at(3600 * hours),
        mentions: 9,
        complaints: 4,
        emotions: BTreeMap::from([(Emotion::Anger, anger)]),
    };
    let points = [point(0, 1), point(24, 3)];
    let rows = steps(l(), &behind(None, None), Step::Day, &points);
    assert_eq!(rows[0].emotions, ["3", "0", "0", "0", "0"]);
    assert!(rows[0].address.contains("from:2026-09-22+to:2026-09-22"), "{}", rows[0].address);
    assert!(steps(l(), &behind(None, None), Step::Hour, &points)[0].address.is_empty());
    assert_eq!(emotion_total(&points, Emotion::Anger), 4);
}

#[test]
fn the_first_period_of_a_history_is_not_compared_with_nothing() {
    let now = Totals { mentions: 9, complaints: 4, emotional: 3, reach: 100 };
    let changes =
        |before| figures(l(), &behind(None, None), now, before).into_iter().map(|figure| figure.change);
    assert!(changes(Totals::default()).all(|change| change.words.is_empty()));
    let before = Totals { mentions: 3, ..Totals::default() };
    let words: Vec<_> = changes(before).map(|change| change.words).collect();
    assert_eq!(words, ["+200%", "new", "new", "new"]);
    let rows = causes(
        l(),
        &behind(None, None),
        &[CauseCount { cause: Cause::Refund, mentions: 2, before: 0 }],
        false,
    );
    assert_eq!(rows[0].change, None);
}
