//! The language of a text.

use domain::Language;
use whichlang::{Lang, detect_language};

/// Fewer letters than this tell nothing in the Latin alphabet; a script of its own tells sooner.
const FEWEST_LATIN_LETTERS: usize = 20;
const FEWEST_OTHER_LETTERS: usize = 6;
const FEWEST_LATIN_WORDS: usize = 4;
/// Fewer than this are not enough to say that a text is in a language that the tagger does not read.
const FEWEST_LETTERS_TO_REFUSE: usize = 40;

/// The beginning of a text is enough.
const MAX_CHARS: usize = 1_000;

/// The language of a text: found where there is enough of it, else the one its source declares, else `und`.
///
/// Addresses, handles and hashtags are left out of account, for they are often in another language.
pub fn identify(text: &str, declared: Option<&str>) -> Language {
    let words: Vec<String> = text_words(text);
    let letters = |latin: bool| {
        words.iter().flat_map(|word| word.chars()).filter(|letter| is_latin(*letter) == latin).count()
    };
    let (latin, other) = (letters(true), letters(false));
    let enough = if other > latin {
        other >= FEWEST_OTHER_LETTERS
    } else {
        latin >= FEWEST_LATIN_LETTERS && words.len() >= FEWEST_LATIN_WORDS
    };
    let declared = declared.map(Language::new);
    if enough {
        if let Some(foreign) = declared.clone().filter(|declared| !can_be_found(declared)) {
            return foreign;
        }
        let found = Language::new(code(detect_language(&words.join(" "))));
        // A short text in a Latin alphabet is sooner a strange French than a Turkish one, which nobody would tag.
        if found.is_supported() || other > latin || latin >= FEWEST_LETTERS_TO_REFUSE {
            return found;
        }
    }
    // A wrong setting of somebody's program must not keep a short text from being read.
    declared.filter(Language::is_supported).unwrap_or_else(Language::undetermined)
}

/// Whether a language is among those that texts are recognised in: Polish, say, would be taken for one of them.
fn can_be_found(language: &Language) -> bool {
    language.as_str() == "und" || whichlang::LANGUAGES.iter().any(|known| code(*known) == language.as_str())
}

/// The words as they are written, without what is no running text.
fn text_words(text: &str) -> Vec<String> {
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(index, _)| index);
    text[..end]
        .split_whitespace()
        .filter(|word| !word.starts_with(['@', '#']) && !word.contains("://") && !word.starts_with("www."))
        .map(|word| word.chars().filter(|letter| letter.is_alphabetic() || is_inside_word(*letter)).collect())
        .filter(|word: &String| word.contains(char::is_alphabetic))
        .collect()
}

fn is_inside_word(character: char) -> bool {
    matches!(character, '\'' | '’' | '-')
}

fn is_latin(letter: char) -> bool {
    letter < '\u{0250}' || matches!(letter, '\u{1E00}'..='\u{1EFF}')
}

fn code(language: Lang) -> &'static str {
    match language {
        Lang::Ara => "ar",
        Lang::Cmn => "zh",
        Lang::Deu => "de",
        Lang::Eng => "en",
        Lang::Fra => "fr",
        Lang::Hin => "hi",
        Lang::Ita => "it",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Rus => "ru",
        Lang::Spa => "es",
        Lang::Swe => "sv",
        Lang::Tur => "tr",
        Lang::Vie => "vi",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn running_text_is_recognised_whatever_is_declared() {
        for (text, language) in [
            ("Troisième fois que j'écris, toujours pas de réponse de votre service client", "fr"),
            ("I have been waiting for my refund for two months and nobody answers", "en"),
            ("Seit drei Wochen warte ich auf mein Paket, niemand antwortet mir", "de"),
            ("Llevo dos meses esperando el reembolso y nadie me contesta", "es"),
            ("Служба поддержки не отвечает", "ru"),
            ("خدمة العملاء لا ترد على رسائلي", "ar"),
            ("サポートから返事がありません", "ja"),
        ] {
            assert_eq!(identify(text, Some("nl")).as_str(), language, "{text}");
        }
    }

    #[test]
    fn too_little_text_leaves_the_declared_language_or_none() {
        for text in [
            "",
            "nul",
            "😡😡😡😡😡😡",
            "@colisio @autre https://example.org/une-page-du-site #nul #honte",
            "12 345 678 !!!",
        ] {
            assert_eq!(identify(text, None).as_str(), "und", "{text}");
            assert_eq!(identify(text, Some("fr-FR")).as_str(), "fr", "{text}");
        }
    }

    #[test]
    fn a_short_text_is_not_refused() {
        let long = "Jag har väntat i tre veckor på mitt paket och ingen svarar när jag ringer till er";
        assert_eq!(identify(long, None).as_str(), "sv");
        assert_eq!(identify("Har ni problem med nätet nu", Some("fr")).as_str(), "fr");
        assert_eq!(identify("nul", Some("ja")).as_str(), "und");
    }

    #[test]
    fn a_language_that_cannot_be_recognised_is_taken_as_declared() {
        let polish = "Od trzech tygodni czekam na paczkę i nikt nie odbiera telefonu";
        assert_eq!(identify(polish, Some("pl")).as_str(), "pl");
        assert_eq!(identify(polish, Some("fr")).as_str().len(), 2);
    }

    #[test]
    fn addresses_do_not_decide() {
        let text = "Toujours aucune nouvelle de mon remboursement https://example.org/where-is-my-refund-please-answer-me-now";
        assert_eq!(identify(text, None).as_str(), "fr");
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in any::<String>(), declared in any::<Option<String>>()) {
            let language = identify(&text, declared.as_deref());
            assert!((2..=3).contains(&language.as_str().len()));
        }
    }
}
