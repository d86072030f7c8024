//! What two copies of one text have in common: its words, folded, without what reposting adds.

use query::analysis::fold_label;

/// Only the beginning of a text is compared.
const MAX_WORDS: usize = 1_000;

/// The words of a text: case and accents folded; punctuation, emojis, addresses, handles and a leading `RT` left out.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split_whitespace()
        .filter(|word| !is_address(word) && !word.trim_start_matches(['.', '(', '"', '«']).starts_with('@'))
        .map(fold_label)
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .collect();
    if words.first().is_some_and(|word| word == "rt") {
        words.remove(0);
    }
    words
}

fn is_address(word: &str) -> bool {
    word.contains("://") || word.starts_with("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repost_has_the_words_of_the_original() {
        let original = words("Colis perdu, TROISIÈME fois ! #Colisio 😡");
        assert_eq!(original, ["colis", "perdu", "troisieme", "fois", "colisio"]);
        for copy in [
            "RT @client: Colis perdu, TROISIÈME fois ! #Colisio 😡",
            "colis perdu troisieme fois colisio",
            "« Colis perdu, troisième fois !! » #colisio https://example.org/x (@client@mastodon.social)",
        ] {
            assert_eq!(words(copy), original, "{copy}");
        }
    }

    #[test]
    fn nothing_is_left_of_emojis_and_addresses() {
        assert!(words("😡 … !!! https://example.org @colisio \u{0}").is_empty());
    }
}
