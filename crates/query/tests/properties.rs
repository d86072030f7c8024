//! What holds for every text and every query.

use proptest::prelude::*;
use vigie_query::{Document, analysis, parse};

/// Texts made of what the parser and the analysis treat specially, next to anything at all.
fn odd_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "AND", "OR", "NOT", "ET", "OU", "SAUF", "NEAR", "NEAR/3", "NEAR/0", "(", ")", "\"", "«", "»", "“", "”", "-", "*", ":",
            "\\", "\\\"", "'", "’", "l'", "qu’", "aujourd'hui", "#", "@", "#colisio", "@a.b@c.d", "e-mail", "colis*", "l'as*",
            "emotion:colère", "rating:1..3", "rating:<=2,5", "from:2026-01-01", "lang:fr", "source:rss,x", "author:\"a b\"",
            "note:", "https://a.b/c", "été", "journaux", "livrées", "😡🏽", "🇫🇷", "👨‍👩‍👧", "東京", "مرحبا", "\0", "\u{AD}", "\u{301}", "ﷺ", "½", "ʼ",
        ]).prop_map(str::to_owned),
        2 => "[a-zéèà]{1,8}",
        1 => "\\PC{0,6}",
        1 => any::<char>().prop_map(String::from),
    ];
    let glue = prop::sample::select(vec!["", " ", " ", "\n"]);
    prop::collection::vec((piece, glue), 0..14)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, glue)| piece + glue).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_never_panics_and_columns_lie_in_the_text(text in odd_text()) {
        if let Err(error) = parse(&text) {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn a_query_written_down_reads_back_the_same(text in odd_text()) {
        if let Ok(query) = parse(&text) {
            let written = query.to_string();
            prop_assert_eq!(parse(&written), Ok(query), "{}", written);
        }
    }

    #[test]
    fn tokens_are_in_order_and_in_the_text(text in odd_text()) {
        let mut previous = (0, 0);
        for token in analysis::tokenize(&text) {
            prop_assert!(!token.text.is_empty());
            prop_assert!(text.get(token.start..token.end).is_some_and(|word| !word.is_empty()));
            prop_assert!(token.position == previous.0 || token.position == previous.0 + 1);
            prop_assert!(token.start >= previous.1 || token.position == previous.0);
            previous = (token.position, token.end);
        }
    }

    #[test]
    fn accents_and_case_never_count(text in "[a-zA-Zéèàçûïœ'’ ]{0,40}") {
        let plain: String = text.to_uppercase();
        let forms = |text: &str| analysis::tokenize(text).into_iter().map(|token| token.text).collect::<Vec<_>>();
        prop_assert_eq!(forms(&plain), forms(&text));
    }

    #[test]
    fn a_text_matches_its_own_words_as_a_phrase(text in odd_text()) {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        if let Ok(query) = parse(&quoted) {
            let document = Document::of_text(text.as_str());
            prop_assert!(query.matches(&document), "{query}");
            prop_assert!(!query.highlights(&document).is_empty());
        }
    }

    #[test]
    fn a_query_and_its_negation_share_no_text(query in odd_text(), text in odd_text()) {
        if let (Ok(query), Ok(negated)) = (parse(&query), parse(&format!("NOT ({query})"))) {
            let document = Document::of_text(text.as_str());
            prop_assert_ne!(query.matches(&document), negated.matches(&document));
        }
    }
}
