//! A light stemmer for French and English at once.
//!
//! It undoes inflection (plural, gender, the commonest verb endings) and leaves derivation alone: `livré`, `livrer`, `livrées` are
//! one word, `livraison` is another. It works on folded words, so that `exasperee` typed without accents finds `exaspérée`, and
//! knows no language: a brand's mentions mix both, often in one text, and a query is too short to tell its language.
//! When in doubt it leaves a word alone, because two meanings in one stem cost more than one meaning in two.

/// Words whose last letter is no inflection and that would meet another common word without it.
const INVARIABLE: [&str; 16] = [
    "dans", "fils", "fois", "gros", "mais", "mois", "news", "plus", "pays", "pres", "pris", "sans", "sens",
    "sous", "temps", "this",
];

/// The stem of a folded word. Words that are not plain Latin letters are their own stem.
pub(crate) fn stem(folded: &str) -> String {
    let mut word = folded.to_owned();
    if word.len() < 4 || !word.bytes().all(|byte| byte.is_ascii_lowercase()) || INVARIABLE.contains(&folded) {
        return word;
    }
    strip_plural(&mut word);
    strip_english_verb_ending(&mut word);
    strip_e_and_er(&mut word);
    unify_gender(&mut word);
    word
}

fn strip_plural(word: &mut String) {
    if word.ends_with("eaux") || word.ends_with("eux") || word.ends_with("oux") {
        word.pop();
    } else if word.ends_with("aux") && word.len() >= 6 {
        word.truncate(word.len() - 2);
        word.push('l');
    } else if word.len() >= 4 && word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
}

fn strip_english_verb_ending(word: &mut String) {
    if let Some(base) = word.strip_suffix("ing") {
        let has_vowel = base.bytes().any(|byte| b"aeiouy".contains(&byte));
        let length = base.len();
        if length >= 4 && has_vowel {
            word.truncate(length);
        } else if length == 3 && has_vowel && !ends_doubled(base) && !base.ends_with(['y', 'w']) {
            word.truncate(length);
            word.push('e');
        }
    } else if word.len() >= 5 && word.ends_with("ed") && !word.ends_with("eed") {
        word.pop();
    }
}

/// Drops final `e`s where at least four letters stay, so that `base` and `bas`, `note` and `not` stay apart. `livrer`, `livrez` and
/// `dernier` go through their form in `-e`, which keeps short ones apart too: `voler` is `vole`, not `vol`. Repeated, because
/// `exaspérée`, `exaspère` and `exaspérer` meet only at the end.
fn strip_e_and_er(word: &mut String) {
    while word.len() >= 5 && (word.ends_with('e') || word.ends_with("er") || word.ends_with("ez")) {
        word.pop();
    }
}

/// What is left of `heureuse`, `actuelle`, `abusive` and `delivery` becomes what is left of `heureux`, `actuel`, `abusif`
/// and `deliveries`.
fn unify_gender(word: &mut String) {
    let bytes = word.as_bytes();
    let length = bytes.len();
    let before_last = length.checked_sub(2).map(|index| bytes[index]);
    match (before_last, bytes.last()) {
        (Some(b'a' | b'e' | b'i' | b'o' | b'u'), Some(b's')) if length >= 5 => {
            word.pop();
        }
        (Some(b'i'), Some(b'v')) if length >= 5 => {
            word.pop();
            word.push('f');
        }
        (Some(other), Some(b'y')) if !b"aeiou".contains(&other) => {
            word.pop();
            word.push('i');
        }
        (Some(other), Some(last))
            if other == *last && other != b's' && length >= 5 && !b"aeiou".contains(last) =>
        {
            word.pop();
        }
        _ => {}
    }
}

fn ends_doubled(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 2 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2]
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn joins_the_forms_of_a_word() {
        let families: [&[&str]; 25] = [
            &["livre", "livrer", "livres", "livree", "livrees", "livrez"],
            &["rembourser", "rembourse", "remboursee", "rembourses"],
            &["exasperee", "exasperes", "exasperer"],
            &["colis"],
            &["decu", "decue", "decus", "decues"],
            &["perdu", "perdue", "perdus"],
            &["journal", "journaux"],
            &["cadeau", "cadeaux"],
            &["heureux", "heureuse", "heureuses"],
            &["actuel", "actuelle", "actuels"],
            &["abusif", "abusive", "abusives"],
            &["dernier", "derniere", "dernieres"],
            &["promis", "promise", "promises"],
            &["remis", "remise"],
            &["relai", "relais"],
            &["payer", "paye", "payee", "payez"],
            &["voler", "vole", "volee", "voles"],
            &["colere", "coleres"],
            &["deliver", "delivers", "delivered", "delivering"],
            &["delivery", "deliveries"],
            &["charge", "charged", "charging", "charges"],
            &["cancel", "cancelled", "canceled", "cancelling"],
            &["ship", "ships", "shipped", "shipping"],
            &["order", "orders", "ordered", "ordering"],
            &["rate", "rated", "rating"],
        ];
        for family in families {
            for word in family {
                assert_eq!(stem(word), stem(family[0]), "{word} and {}", family[0]);
            }
        }
    }

    #[test]
    fn keeps_different_words_apart() {
        let pairs = [
            ("passe", "pas"),
            ("base", "bas"),
            ("note", "not"),
            ("prix", "pris"),
            ("mois", "moi"),
            ("fois", "foi"),
            ("mais", "mai"),
            ("pays", "paye"),
            ("mess", "mes"),
            ("livraison", "livre"),
            ("vole", "vol"),
            ("personne", "personnel"),
            ("sonne", "son"),
            ("fine", "fin"),
            ("moment", "mom"),
            ("voix", "voir"),
        ];
        for (one, other) in pairs {
            assert_ne!(stem(one), stem(other), "{one} and {other}");
        }
    }

    #[test]
    fn leaves_short_foreign_and_mixed_words_alone() {
        for word in ["les", "bus", "iphone15s", "доставка", "東京", ""] {
            assert_eq!(stem(word), word);
        }
    }
}
