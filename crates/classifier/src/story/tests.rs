//! What joins a story and what does not.

use domain::{BrandId, Change};
use proptest::prelude::{Strategy, prop_assert, prop_assert_eq, proptest};
use testkit::{angry_delivery_complaint, at, mention, tagged, tags};

use super::*;

const TEXT: &str =
    "Troisième fois que j'écris : mon colis n'est toujours pas livré et le service client raccroche au nez";

fn index() -> StoryIndex {
    StoryIndex::new(StoryOptions::default())
}

fn story_of(index: &mut StoryIndex, id: u64, text: &str) -> String {
    index.place(&mention(id, text)).membership.id.0
}

#[test]
fn reposts_join_the_first() {
    let mut index = index();
    let first = index.place(&mention(1, TEXT));
    assert!(first.membership.first && first.same_words);
    for (id, copy) in [
        (2, format!("RT @client : {TEXT}")),
        (3, format!("{} https://example.org/a 😡😡", TEXT.to_uppercase())),
        (4, format!("{TEXT} honteux")),
    ] {
        let placement = index.place(&mention(id, &copy));
        assert_eq!(
            placement.membership,
            StoryMembership { id: StoryId("test:1".into()), first: false },
            "{copy}"
        );
        assert_eq!(placement.handle, first.handle);
    }
    assert_eq!(index.len(), 1);
}

#[test]
fn near_duplicates_do_not_have_the_same_words() {
    let mut index = index();
    index.place(&mention(1, TEXT));
    assert!(index.place(&mention(2, &TEXT.to_lowercase())).same_words);
    assert!(!index.place(&mention(3, &format!("{TEXT} honteux"))).same_words);
}

#[test]
fn other_texts_begin_their_own() {
    let mut index = index();
    for (id, text) in [
        (1, TEXT),
        (2, "Deuxième appel : mon remboursement n'est toujours pas arrivé et personne ne répond"),
        (3, "Merci Colisio, colis livré en un jour, je recommande à tout le monde autour de moi"),
    ] {
        assert_eq!(story_of(&mut index, id, text), format!("test:{id}"));
    }
}

#[test]
fn short_texts_join_only_when_identical_and_about_the_same_brand() {
    let mut index = index();
    for (id, text) in
        [(1, "nul"), (2, "nul"), (3, "très déçu"), (4, "très déçu"), (5, "😡😡😡"), (6, "😡😡😡")]
    {
        assert_eq!(story_of(&mut index, id, text), format!("test:{id}"), "{text}");
    }
    assert_eq!(story_of(&mut index, 7, "service client injoignable"), "test:7");
    assert_eq!(story_of(&mut index, 8, "Service client injoignable !"), "test:7");
    assert_eq!(story_of(&mut index, 9, "service client introuvable"), "test:9");
    let mut other = mention(10, "service client injoignable");
    other.brands = vec!["autre".parse::<BrandId>().unwrap()];
    assert_eq!(index.place(&other).membership.id.0, "test:10");
}

#[test]
fn a_later_version_of_the_first_mention_still_tells_it_first() {
    let mut index = index();
    index.place(&mention(1, TEXT));
    index.place(&mention(2, TEXT));
    let mut update = mention(1, TEXT);
    update.change = Change::EngagementUpdated;
    update.version_at = at(50);
    assert!(index.place(&update).membership.first);
    assert!(!index.place(&mention(2, TEXT)).membership.first);
}

#[test]
fn a_story_rests_after_a_week() {
    let mut index = index();
    index.place(&mention(1, TEXT));
    let day = 86_400;
    assert_eq!(story_of(&mut index, 6 * day, TEXT), "test:1");
    assert_eq!(story_of(&mut index, 12 * day, TEXT), "test:1", "told again in between");
    assert_eq!(story_of(&mut index, 20 * day, TEXT), format!("test:{}", 20 * day));
}

#[test]
fn tags_are_remembered_with_the_story() {
    let mut index = index();
    let handle = index.place(&mention(1, TEXT)).handle.unwrap();
    assert_eq!(index.tags(handle), None);
    let found = tags(&angry_delivery_complaint());
    index.set_tags(handle, &found);
    assert_eq!(
        index.tags(
            index.memory.with_words(fingerprint(&mention(2, TEXT)).unwrap().exact).map(StoryHandle).unwrap()
        ),
        Some(found)
    );
}

#[test]
fn the_log_brings_stories_back_after_a_restart() {
    let mut index = index();
    let mut repost = tagged(2, TEXT, &angry_delivery_complaint());
    repost.story = StoryMembership { id: StoryId("test:1".into()), first: false };
    repost.model = "tagger-1".into();
    index.warm(&repost, "tagger-1");
    let placement = index.place(&mention(3, &format!("{TEXT} !")));
    assert_eq!(placement.membership, StoryMembership { id: StoryId("test:1".into()), first: false });
    assert_eq!(index.tags(placement.handle.unwrap()), Some(repost.tags.clone()));

    let mut newer = self::index();
    newer.warm(&repost, "tagger-2");
    let handle = newer.place(&mention(3, TEXT)).handle.unwrap();
    assert_eq!(newer.tags(handle), None, "another version of the model may see it otherwise");

    let mut deleted = tagged(4, "", &[]);
    deleted.mention.change = Change::Deleted;
    newer.warm(&deleted, "tagger-2");
    assert_eq!(newer.len(), 1);
}

#[test]
fn memory_is_bounded_and_forgets_what_was_untold_the_longest() {
    let mut index = StoryIndex::new(StoryOptions { max_stories: 10, ..StoryOptions::default() });
    let text =
        |number: u64| (0..12).map(|word| format!("mot{}", number * 100 + word)).collect::<Vec<_>>().join(" ");
    for number in 0..200 {
        story_of(&mut index, 1_000 + number, &text(number));
        story_of(&mut index, 5_000 + number, &text(0));
    }
    assert_eq!(index.len(), 10);
    let (words, bands, places) = index.memory.places();
    assert!(words == 10 && bands <= 160 && places <= 41, "{words} {bands} {places}");
    assert_eq!(story_of(&mut index, 9_000, &text(0)), "test:1000", "told again and again");
    assert_eq!(story_of(&mut index, 9_001, &text(5)), "test:9001", "forgotten");
}

fn distinct_words() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set(0u32..10_000, 8..60)
        .prop_map(|numbers| numbers.into_iter().map(|number| format!("mot{number}")).collect())
}

proptest! {
    #[test]
    fn the_same_words_in_another_order_are_another_text(words in distinct_words()) {
        let mut index = index();
        story_of(&mut index, 1, &words.join(" "));
        let reversed: Vec<String> = words.into_iter().rev().collect();
        prop_assert_eq!(story_of(&mut index, 2, &reversed.join(" ")), "test:2");
    }

    #[test]
    fn any_text_joins_its_own_repost(words in distinct_words(), handle in "[a-z]{1,12}", path in "[a-z0-9/]{1,20}") {
        let mut index = index();
        let text = words.join(" ");
        story_of(&mut index, 1, &text);
        let repost = format!("RT @{handle}: {}… https://example.org/{path}", text.to_uppercase());
        prop_assert_eq!(story_of(&mut index, 2, &repost), "test:1");
    }

    #[test]
    fn no_text_is_too_strange(text in proptest::prelude::any::<String>()) {
        let mut index = index();
        let first = index.place(&mention(1, &text));
        prop_assert!(first.membership.first);
        let again = index.place(&mention(2, &text));
        prop_assert_eq!(again.membership.first, first.handle.is_none());
    }
}
