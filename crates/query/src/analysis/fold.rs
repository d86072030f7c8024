//! Folding: what makes `Colère`, `COLERE` and `𝗰𝗼𝗹𝗲̀𝗿𝗲` the same word.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Words are cut after this many characters, in texts and in queries alike.
pub(crate) const MAX_WORD_CHARS: usize = 64;

/// Lower case, compatibility forms decomposed, accents dropped, ligatures opened. Characters that are neither letters nor
/// digits are dropped unless `keep` wants them.
pub(crate) fn fold(text: &str, keep: fn(char) -> bool) -> String {
    let mut folded = String::with_capacity(text.len().min(MAX_WORD_CHARS));
    let mut room = MAX_WORD_CHARS;
    for character in text.chars() {
        if room == 0 {
            break;
        }
        if character.is_ascii_alphanumeric() {
            folded.push(character.to_ascii_lowercase());
            room -= 1;
        } else if keep(character) {
            folded.push(character);
            room -= 1;
        } else if !character.is_ascii() {
            // Decomposing a capital can give a capital again (mathematical letters), hence lower case before and after.
            for lower in character.to_lowercase() {
                decompose_compatible(lower, |part| {
                    part.to_lowercase().for_each(|part| push_base(part, &mut folded, &mut room));
                });
            }
        }
    }
    folded
}

fn push_base(part: char, folded: &mut String, room: &mut usize) {
    if is_combining_mark(part) || !part.is_alphanumeric() || *room == 0 {
        return;
    }
    *room -= 1;
    match part {
        'œ' => folded.push_str("oe"),
        'æ' => folded.push_str("ae"),
        'ß' => folded.push_str("ss"),
        'ø' => folded.push('o'),
        'ł' => folded.push('l'),
        'đ' | 'ð' => folded.push('d'),
        'ı' => folded.push('i'),
        'ς' => folded.push('σ'),
        other => folded.push(other),
    }
}

/// Folds a short label, such as the name of a field or of a tag: spaces and signs are dropped too.
pub fn fold_label(text: &str) -> String {
    fold(text, |_| false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_case_accents_ligatures_and_compatibility_forms() {
        for written in ["colère", "COLÈRE", "cole\u{300}re", "𝗖𝗼𝗹𝗲̀𝗿𝗲", "ｃｏｌｅｒｅ"]
        {
            assert_eq!(fold_label(written), "colere", "{written}");
        }
        assert_eq!(fold_label("œuvre"), "oeuvre");
        assert_eq!(fold_label("Straße"), "strasse");
        assert_eq!(fold_label("İstanbul"), "istanbul");
    }

    #[test]
    fn is_bounded() {
        assert_eq!(fold_label(&"é".repeat(1_000)).chars().count(), MAX_WORD_CHARS);
        assert!(fold_label(&"ﷺ".repeat(1_000)).chars().count() <= MAX_WORD_CHARS);
    }
}
