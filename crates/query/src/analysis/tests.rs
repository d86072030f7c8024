//! What each part of the analysis does to a text.

use super::*;

fn asked(text: &str) -> Vec<String> {
    query_tokens(text).into_iter().map(|token| token.text).collect()
}

fn forms(text: &str) -> Vec<String> {
    tokenize(text).into_iter().map(|token| token.text).collect()
}

#[test]
fn elision_goes_with_either_apostrophe() {
    for text in
        ["l'assurance", "l’assurance", "L'Assurance", "d’assurance", "qu'assurance", "Jusqu’assurance"]
    {
        assert_eq!(asked(text), ["assuranc"], "{text}");
    }
    assert_eq!(asked("c'est qu'j'l'attends"), ["est", "attend"]);
    assert_eq!(asked("lorsqu'il puisqu'on"), ["il", "on"]);
}

#[test]
fn other_apostrophes_stay_inside_their_word() {
    assert_eq!(asked("aujourd'hui"), ["aujourdhui"]);
    assert_eq!(asked("the customer's don’t"), ["the", "custom", "dont"]);
    assert_eq!(asked("'colis' l'"), ["coli", "l"]);
}

#[test]
fn hashtags_and_handles_are_words_and_hold_words() {
    assert_eq!(forms("#Colisio"), ["#colisio", "colisio"]);
    assert_eq!(forms("#service_clients"), ["#service_clients", "servic", "=service", "client", "=clients"]);
    assert_eq!(forms("@Colisio_FR."), ["@colisio_fr", "colisio", "fr"]);
    assert_eq!(
        forms("@jean.dupont@mastodon.social!"),
        ["@jean.dupont@mastodon.social", "@jean.dupont", "jean", "dupont"]
    );
    // Neither of these is a hashtag or a handle.
    assert_eq!(asked("page#haut contact@colisio.fr # @ #_"), ["page", "haut", "contact", "colisio", "fr"]);
    assert_eq!(asked("#été2026"), ["#ete2026"]);
}

#[test]
fn emoji_are_words() {
    assert_eq!(asked("nul😡😡🏽 1️⃣"), ["nul", "😡", "😡", "1"]);
}

#[test]
fn offsets_are_bytes_of_the_original() {
    let text = "Là, l’été #Déçu 😡!";
    let words: Vec<&str> = query_tokens(text).iter().map(|token| &text[token.start..token.end]).collect();
    assert_eq!(words, ["Là", "été", "#Déçu", "😡"]);
    let positions: Vec<usize> = query_tokens(text).iter().map(|token| token.position).collect();
    assert_eq!(positions, [0, 1, 2, 3]);
}

#[test]
fn other_scripts_are_words_too() {
    assert_eq!(asked("مرحبا بالعالم"), ["مرحبا", "بالعالم"]);
    assert_eq!(asked("東京です").len(), 4);
    assert_eq!(asked("доставка Ёлка"), ["доставка", "елка"]);
}

#[test]
fn odd_texts_are_safe() {
    assert!(tokenize("").is_empty());
    assert!(tokenize("\0\0 \u{202E} \u{200B} \u{301} \u{FEFF}").is_empty());
    assert_eq!(asked("co\u{AD}lis\0perdu"), ["coli", "perdu"]);
    let long = "é".repeat(MAX_TEXT_BYTES);
    let tokens = query_tokens(&long);
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].end <= MAX_TEXT_BYTES);
}

#[test]
fn prefixes_are_surfaces() {
    let prefix = |text| prefix_of(text).map(|token| token.text);
    assert_eq!(prefix("Livrées").as_deref(), Some("livrees"));
    assert_eq!(prefix("l'Assur").as_deref(), Some("assur"));
    assert_eq!(prefix("#Livrées").as_deref(), Some("#livrees"));
    assert_eq!(prefix("@jean"), Some("@jean".into()));
    assert_eq!(prefix("e-mail"), None);
    assert_eq!(prefix("!"), None);
}
