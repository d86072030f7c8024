//! The matcher of `vigie-query` and the index give the same answer for the same texts and queries.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use domain::{Cause, Emotion, Flag, MentionKind, Tag, TaggedMention};
use journal::{Entry, TaggedReader};
use proptest::prelude::*;
use query::{Document, parse_in};
use vigie_search::{PageRequest, SearchIndex};

const WORDS: [&str; 22] = [
    "colis",
    "Colis",
    "#colis",
    "@colis",
    "@colis@social.example",
    "perdu",
    "PERDUE",
    "l'été",
    "été",
    "livrées",
    "livraison",
    "journaux",
    "journal",
    "e-mail",
    "aujourd’hui",
    "😡",
    "😡🏽",
    "#service_client",
    "client",
    "service",
    "東京",
    "a",
];

fn text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(WORDS.to_vec());
    let glue = prop::sample::select(vec![" ", " ", ", ", ". ", "\n", "\0 "]);
    prop::collection::vec((word, glue), 0..12)
        .prop_map(|words| words.into_iter().map(|(word, glue)| format!("{word}{glue}")).collect())
}

fn mention() -> impl Strategy<Value = TaggedMention> {
    let held = prop::sample::subsequence(
        vec![
            Tag::Emotion(Emotion::Anger),
            Tag::Emotion(Emotion::Disappointment),
            Tag::Cause(Cause::Delivery),
            Tag::Flag(Flag::Complaint),
            Tag::Flag(Flag::Answer),
        ],
        0..=5,
    );
    let rating = prop::option::of(prop::sample::select(vec![0.0f32, -0.0, 1.0, 2.5, 3.0, 5.0]));
    let kind = prop::sample::select(MentionKind::ALL.to_vec());
    let about = (
        held,
        rating,
        kind,
        prop::sample::select(vec!["fr", "en", "und"]),
        prop::sample::select(vec!["test", "RSS"]),
    );
    (text(), prop::option::of(text()), about, 0i64..4 * 86_400_000).prop_map(
        |(text, title, about, milliseconds)| {
            let (held, rating, kind, language, source) = about;
            let mut tagged = testkit::tagged(0, &text, &held);
            tagged.mention.title = title;
            tagged.mention.rating = rating;
            tagged.mention.kind = kind;
            tagged.language = domain::Language::new(language);
            tagged.mention.key.source = source.to_owned();
            tagged.mention.published_at = testkit::at(0) + chrono::TimeDelta::milliseconds(milliseconds);
            tagged
        },
    )
}

fn query_text() -> impl Strategy<Value = String> {
    let word = || prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned);
    let prefix = || {
        prop::sample::select(vec![
            "co*", "livr*", "livrée*", "journ*", "journau*", "#co*", "@co*", "aujourd*", "se*", "zz*",
        ])
        .prop_map(str::to_owned)
    };
    let phrase = || prop::collection::vec(word(), 1..4).prop_map(|words| format!("\"{}\"", words.join(" ")));
    let spot = || prop_oneof![3 => word(), 1 => prefix(), 2 => phrase()].boxed();
    let side = || prop_oneof![3 => spot(), 1 => prop::collection::vec(spot(), 2..4).prop_map(|spots| format!("({})", spots.join(" OR ")))];
    let near = (side(), 1u32..6, side())
        .prop_map(|(left, distance, right)| format!("{left} NEAR/{distance} {right}"));
    let field = prop::sample::select(vec![
        "emotion:anger",
        "emotion:déception",
        "cause:livraison",
        "complaint:yes",
        "complaint:no",
        "answer:oui",
        "answer:non",
        "rating:<=2",
        "rating:>2.5",
        "rating:0",
        "rating:>=0",
        "rating:1..3",
        "rating:<3",
        "lang:fr",
        "lang:und",
        "source:rss",
        "source:test",
        "kind:review",
        "brand:colisio",
        "brand:other",
        "author:author-0",
        "author:@nobody",
        "from:2026-09-22",
        "to:2026-09-22",
        "from:2026-09-23 to:2026-09-23",
    ])
    .prop_map(str::to_owned);
    let leaf = prop_oneof![3 => word(), 1 => prefix(), 2 => phrase(), 4 => near, 2 => field];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            parts().prop_map(|parts| format!("({})", parts.join(" "))),
            parts().prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.clone().prop_map(|part| format!("NOT ({part})")),
            inner.clone().prop_map(|part| format!("-({part})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn matcher_and_index_agree(
        mentions in prop::collection::vec(mention(), 1..60),
        queries in prop::collection::vec(query_text(), 60),
        split in 0usize..60,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dir = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let index = SearchIndex::open(dir.path()).unwrap();
            let mut batch = Vec::new();
            for (offset, mut record) in (1u64..).zip(mentions) {
                record.mention.key.external_id = offset.to_string();
                batch.push(Entry { offset, record });
            }
            // In two commits, so that the index has several parts.
            let (first, second) = batch.split_at(split.min(batch.len()));
            for part in [first, second] {
                index.reader_stage().apply(part).await.unwrap();
            }
            for text in queries {
                let query = parse_in(&text, Tz::Europe__Paris).unwrap();
                let page = index.search(&query, &PageRequest::first(100)).await.unwrap();
                let expected: BTreeSet<&str> = batch
                    .iter()
                    .filter(|entry| query.matches(&Document::of_tagged(&entry.record)))
                    .map(|entry| entry.record.mention.key.external_id.as_str())
                    .collect();
                let found: BTreeSet<&str> = page.hits.iter().map(|hit| hit.key.external_id.as_str()).collect();
                prop_assert_eq!(&found, &expected, "{}", text);
                prop_assert_eq!(page.total, expected.len());
            }
            Ok(())
        })?;
    }
}
