//! What every text goes through before it is kept: no control characters, no more than the bound.

use url::Url;

/// A longer text is cut. It is far beyond any post or review, and holds all but the longest articles.
pub(crate) const MAX_TEXT_BYTES: usize = 64 * 1024;
/// A longer title, id, handle or address is cut or dropped.
pub(crate) const MAX_LINE_BYTES: usize = 2 * 1024;

/// A text of several lines: line ends are `\n`, control characters are gone, at most [`MAX_TEXT_BYTES`].
pub(crate) fn clean_text(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len().min(MAX_TEXT_BYTES));
    let mut characters = text.trim().chars().peekable();
    while let Some(character) = characters.next() {
        let kept = match character {
            '\r' if characters.peek() == Some(&'\n') => continue,
            '\r' => '\n',
            '\n' | '\t' => character,
            other if is_noise(other) => continue,
            other => other,
        };
        if cleaned.len() + kept.len_utf8() > MAX_TEXT_BYTES {
            break;
        }
        cleaned.push(kept);
    }
    cleaned
}

/// A text of one line; none if nothing is left of it.
pub(crate) fn clean_line(text: &str) -> Option<String> {
    let spaced: String = text
        .chars()
        .map(|character| if character.is_whitespace() { ' ' } else { character })
        .filter(|character| !is_noise(*character))
        .collect();
    let trimmed = spaced.trim();
    let cut = trimmed[..trimmed.floor_char_boundary(MAX_LINE_BYTES)].trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// An address that a page may link to; none for `javascript:` and whatever else is not on the web.
pub(crate) fn clean_url(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let on_the_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let address = String::from(url);
    (on_the_web && address.len() <= MAX_LINE_BYTES).then_some(address)
}

/// NUL, other control characters, and the mark some programs leave at the beginning of a text.
fn is_noise(character: char) -> bool {
    character.is_control() || character == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_go_and_line_ends_stay() {
        assert_eq!(
            clean_text("\u{feff}Colis\0 perdu\r\nencore\u{7}\rune fois\t! "),
            "Colis perdu\nencore\nune fois\t!"
        );
        assert_eq!(clean_line(" @cl\0éa\n"), Some("@cléa".to_owned()));
        assert_eq!(clean_line("\0 \u{1}"), None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(clean_text(&"é".repeat(MAX_TEXT_BYTES)).len(), MAX_TEXT_BYTES);
        assert!(clean_line(&"€".repeat(MAX_LINE_BYTES)).unwrap().len() <= MAX_LINE_BYTES);
    }

    #[test]
    fn only_web_addresses_are_linked_to() {
        assert_eq!(clean_url(" https://avis.example/1 ").as_deref(), Some("https://avis.example/1"));
        for refused in ["javascript:alert(1)", "data:text/html,x", "/relative", "file:///etc/passwd", ""] {
            assert_eq!(clean_url(refused), None, "{refused}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_in_is_bounded_and_free_of_noise(text in any::<String>()) {
            let cleaned = clean_text(&text);
            prop_assert!(cleaned.len() <= MAX_TEXT_BYTES);
            prop_assert!(!cleaned.chars().any(|character| character.is_control() && !"\n\t".contains(character)));
            prop_assert!(clean_line(&text).is_none_or(|line| !line.contains(char::is_control)));
        }
    }
}
