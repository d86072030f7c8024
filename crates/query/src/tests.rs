//! Parsing, matching and highlighting, by example.

use chrono::{TimeZone, Utc};
use domain::{Emotion, Flag, MentionKind, Tag};

use super::*;

fn matches(query: &str, text: &str) -> bool {
    parse(query).unwrap().matches(&Document::of_text(text.to_owned()))
}

fn written(query: &str) -> String {
    parse(query).unwrap().to_string()
}

fn error(query: &str) -> (usize, &'static str) {
    let error = parse(query).unwrap_err();
    (error.column, error.kind.key())
}

#[test]
fn precedence_is_or_and_not_near() {
    assert_eq!(written("a b OR c"), "a AND b OR c");
    assert_eq!(written("a (b OR c)"), "a AND (b OR c)");
    assert_eq!(written("a ET b OU c SAUF d"), "a AND b OR c AND NOT d");
    assert_eq!(written("-a NOT (b c)"), "NOT a AND NOT (b AND c)");
    assert_eq!(written("NOT a NEAR/2 b"), "NOT a NEAR/2 b");
    assert_eq!(written("a NEAR/2 b NEAR (c OR do*)"), "a NEAR/2 b AND b NEAR/10 (c OR do*)");
    assert_eq!(
        written("e-mail «service client» AND, l’été"),
        "\"e-mail\" AND \"service client\" AND \"AND\" AND été"
    );
    assert_eq!(
        written("émotion:Colère,déception note:<=2"),
        "(emotion:anger OR emotion:disappointment) AND rating:<=2"
    );
}

#[test]
fn words_match_whatever_case_accents_elision_and_inflection() {
    for text in ["Ma COLERE monte", "ma colère", "les colères", "la cole\u{300}re", "d'colère"] {
        assert!(matches("colère", text), "{text}");
        assert!(matches("colere", text), "{text}");
    }
    assert!(matches("assurance", "l’Assurance"));
    assert!(matches("l'assurance", "une assurance"));
    assert!(matches("livrée", "jamais livrés"));
    assert!(matches("delivery", "two deliveries"));
    assert!(!matches("pas", "mot de passe"));
}

#[test]
fn hashtags_handles_and_emoji() {
    assert!(matches("#colisio", "vive #Colisio !"));
    assert!(matches("colisio", "vive #Colisio !"));
    assert!(!matches("#colisio", "vive Colisio !"));
    assert!(matches("@colisio", "dis @Colisio@mastodon.social, tu dors ?"));
    assert!(matches("colisio", "dis @Colisio@mastodon.social, tu dors ?"));
    assert!(!matches("@colisio", "#colisio colisio"));
    assert!(matches("😡", "encore 😡🏿"));
    assert!(matches("#col*", "#colisio") && !matches("#col*", "colisio"));
}

#[test]
fn operators() {
    assert!(matches("colis perdu", "perdu, mon colis") && !matches("colis perdu", "mon colis"));
    assert!(matches("colis OU paquet", "un paquet"));
    assert!(matches("colis -promo", "un colis") && !matches("colis -promo", "colis en promo"));
    assert!(
        matches("\"service client\"", "le Service-Clients")
            && !matches("\"service client\"", "client du service")
    );
    assert!(matches("rembours*", "un remboursement") && matches("livrée*", "livrées"));
    assert!(
        matches("colis NEAR/2 perdu", "perdu mon colis")
            && !matches("colis NEAR/2 perdu", "perdu, hélas, mon colis")
    );
    assert!(matches("\"service client\" NEAR/3 (nul OR zéro)", "zéro pointé, ce service client"));
    assert!(!matches("colis NEAR/9 colis", "colis") && matches("colis NEAR/9 colis", "colis sur colis"));
    assert!(matches("NOT promo", "") && matches("-promo", "\0"));
}

#[test]
fn fields_hold_for_what_is_known() {
    let mut tagged =
        testkit::tagged(1, "Colis perdu", &[Tag::Emotion(Emotion::Anger), Tag::Flag(Flag::Answer)]);
    tagged.mention.rating = Some(2.0);
    tagged.mention.kind = MentionKind::Review;
    tagged.mention.published_at = Utc.with_ymd_and_hms(2026, 1, 31, 23, 30, 0).unwrap();
    let document = Document::of_tagged(&tagged);
    let holds = |query: &str| parse(query).unwrap().matches(&document);
    for query in [
        "brand:Colisio",
        "source:TEST",
        "emotion:colère",
        "lang:français",
        "author:author-1",
        "rating:1..3",
        "rating:<3",
        "type:avis",
        "complaint:non",
        "answer:oui",
        "from:2026-01-31 to:2026-01-31",
        "emotion:déception,anger",
    ] {
        assert!(holds(query), "{query}");
    }
    for query in [
        "brand:other",
        "emotion:déception",
        "rating:>2",
        "to:2026-01-30",
        "from:2026-02-01",
        "author:@someone1",
    ] {
        assert!(!holds(query), "{query}");
    }
    let in_paris = parse_in("from:2026-02-01", chrono_tz::Europe::Paris).unwrap();
    assert!(in_paris.matches(&document), "half past midnight in Paris");
    // Before tagging nothing is known of the tags, in either direction.
    let mention = Document::of_mention(&tagged.mention);
    assert!(
        !parse("complaint:yes").unwrap().matches(&mention)
            && !parse("complaint:no").unwrap().matches(&mention)
    );
    assert!(parse("author:@Someone1").unwrap().matches(&mention));
}

#[test]
fn errors_point_at_their_column() {
    for (query, column, key) in [
        ("", 1, "query-empty"),
        (" … !!", 1, "query-empty"),
        ("été AND", 5, "query-missing-operand"),
        ("OU colis", 1, "query-missing-operand"),
        ("a AND OR b", 3, "query-missing-operand"),
        ("a AND (", 7, "query-unclosed-parenthesis"),
        ("é (colis", 3, "query-unclosed-parenthesis"),
        ("é ()", 3, "query-empty-parentheses"),
        ("é) colis", 2, "query-unexpected-parenthesis"),
        ("é \"colis", 3, "query-unclosed-quote"),
        ("é \"!\"", 3, "query-empty-phrase"),
        ("é c*", 3, "query-misplaced-star"),
        ("é co*lis", 3, "query-misplaced-star"),
        ("é e-mai*", 3, "query-misplaced-star"),
        ("é NEAR/0 b", 3, "query-near-distance"),
        ("é NEAR/x b", 3, "query-near-distance"),
        ("é NEAR/2 (b c)", 10, "query-near-operand"),
        ("é lang:fr NEAR/2 b", 3, "query-near-operand"),
        ("é emotoin:x", 3, "query-unknown-field-suggestion"),
        ("é zzzzzz:x", 3, "query-unknown-field"),
        ("é emotion: x", 3, "query-missing-value"),
        ("é emotion:colre", 3, "query-unknown-value-suggestion"),
        ("é emotion:joie", 3, "query-unknown-value"),
        ("é from:hier", 3, "query-unknown-value"),
        ("é rating:beaucoup", 3, "query-unknown-value"),
    ] {
        assert_eq!(error(query), (column, key), "{query}");
        assert!(QueryErrorKind::KEYS.contains(&key));
    }
}

#[test]
fn punctuation_and_addresses_are_no_errors() {
    assert_eq!(written("Bonjour : colis perdu !"), "Bonjour AND colis AND perdu");
    assert!(matches("https://colisio.fr/aide", "voir https://colisio.fr/aide."));
    assert_eq!(written("14:30"), "\"14:30\"");
    assert_eq!(written("colis - perdu -"), "colis AND perdu");
}

#[test]
fn limits_hold_without_exhausting_the_stack() {
    assert_eq!(error(&"(".repeat(MAX_QUERY_CHARS)), (MAX_QUERY_DEPTH + 1, "query-too-deep"));
    assert_eq!(
        error(&format!("{}a", "-".repeat(MAX_QUERY_CHARS - 1))),
        (MAX_QUERY_DEPTH + 1, "query-too-deep")
    );
    assert_eq!(error(&"NOT ".repeat(2_000)).1, "query-too-deep");
    assert_eq!(error(&"a".repeat(MAX_QUERY_CHARS + 1)), (MAX_QUERY_CHARS + 1, "query-too-long"));
    assert_eq!(error(&"a ".repeat(MAX_QUERY_WORDS + 1)), (2 * MAX_QUERY_WORDS + 1, "query-too-many-words"));
}

#[test]
fn a_brand_query_must_ask_for_something_known() {
    let check = |query: &str| parse(query).unwrap().check_as_brand_query().map_err(|error| error.kind.key());
    for query in
        ["colisio", "colisio -promo", "NOT (promo OR -colisio)", "source:rss", "#colisio OR @colisio"]
    {
        assert_eq!(check(query), Ok(()), "{query}");
    }
    for query in ["-promo", "colisio OR -promo", "NOT (a b)", "-a -b"] {
        assert_eq!(check(query), Err("query-only-negative"), "{query}");
    }
    assert_eq!(check("colisio emotion:colère"), Err("query-field-not-in-brand-query"));
}

#[test]
fn highlights_are_what_was_asked_for() {
    let highlighted = |query: &str, text: &str| -> Vec<String> {
        let document = Document::of_text(text.to_owned());
        let ranges = parse(query).unwrap().highlights(&document);
        ranges.into_iter().map(|range| text[range].to_owned()).collect()
    };
    assert_eq!(highlighted("colis OR perdu -promo", "L’été, colis PERDUS, promo"), ["colis", "PERDUS"]);
    assert_eq!(highlighted("\"a b\" OR \"b c\"", "a b c b"), ["a", "b", "c"]);
    assert_eq!(
        highlighted("colis NEAR/2 perdu", "colis là perdu et bien plus loin colis"),
        ["colis", "perdu"]
    );
    assert_eq!(highlighted("été colis*", "L'Été #colisio"), ["Été", "#colisio"]);
    assert!(highlighted("lang:fr", "colis").is_empty());
}

#[test]
fn authors_can_be_replaced_by_pseudonyms() {
    let query =
        parse("colis author:@Jean").unwrap().with_authors(&|handle| vec![format!("hash-of-{handle}")]);
    assert_eq!(query.to_string(), "colis AND (author:\"jean\" OR author:\"hash-of-jean\")");
}

#[test]
fn every_error_key_is_listed() {
    let mut keys = QueryErrorKind::KEYS.to_vec();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), QueryErrorKind::KEYS.len());
}
