//! The one analysis of text: what a word is, for brand relevance, for the index and for the words of a query.
//!
//! A word takes one position and can go by several forms, each a [`Token`] at that position:
//!
//! | written | forms |
//! |---|---|
//! | `livrées` | the stem `livr`, the surface `=livrees` |
//! | `colisio` | `colisio` (stem and surface are the same) |
//! | `#Colisio` | `#colisio`, `colisio` |
//! | `@jean.dupont@mastodon.social` | `@jean.dupont@mastodon.social`, `@jean.dupont`, `jean`, `dupont` |
//! | `l'assurance` | `assurance` |
//! | `😡🏽` | `😡` |
//!
//! The first form is the one by which a query asks for the word: `colisio` finds the hashtag, `#colisio` finds only the hashtag.
//! Surfaces, marked with `=`, serve prefixes: `livrée*` begins no stem, but it begins the surface.

pub(crate) mod emoji;
pub(crate) mod fold;
pub(crate) mod stem;

use unicode_normalization::char::is_combining_mark;

use emoji::{is_emoji, read_emoji};
use fold::fold;
pub use fold::fold_label;
use stem::stem;

/// Changes whenever the same text would give other tokens; an index built with another number must be built again.
pub const ANALYSIS_VERSION: u32 = 1;

/// Only the beginning of a text is analysed, up to this many bytes: far beyond any post, short of what would hold up a pipeline.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Begins the text of a token that is the surface of a word and not its stem. No other token begins with it.
pub const SURFACE_MARK: char = '=';

const ELISIONS: [&str; 13] =
    ["l", "d", "j", "m", "t", "s", "n", "c", "qu", "lorsqu", "puisqu", "jusqu", "quoiqu"];

/// One form of one word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The form, folded.
    pub text: String,
    /// Where the word begins, in bytes of the original text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Which word of the text it is, counted from 0.
    pub position: usize,
}

/// All forms of all words of a text, in the order of the text.
pub fn tokenize(text: &str) -> Vec<Token> {
    let mut scanner = Scanner { text: bounded(text), at: 0, position: 0, tokens: Vec::new() };
    let mut previous = ' ';
    while let Some(character) = scanner.peek() {
        let sigil_may_begin = !is_word_character(previous);
        previous = character;
        let was_sigil = sigil_may_begin
            && match character {
                '#' | '＃' => scanner.read_hashtag(),
                '@' | '＠' => scanner.read_handle(),
                _ => false,
            };
        if was_sigil {
            // Another may follow without a space: `#colis#perdu`.
            previous = ' ';
        } else if is_emoji(character) {
            scanner.read_emoji();
        } else if is_ideograph(character) {
            scanner.read_ideograph(character);
        } else if character.is_alphanumeric() && !is_apostrophe(character) {
            scanner.read_word();
        } else {
            scanner.at += character.len_utf8();
        }
    }
    scanner.tokens
}

/// The forms by which a query asks for the words of `text`: one token a word.
pub(crate) fn query_tokens(text: &str) -> Vec<Token> {
    let mut tokens = tokenize(text);
    tokens.dedup_by_key(|token| token.position);
    tokens
}

/// What the forms of a word must begin with to match the last word of `text` as a prefix. None unless it is one word.
pub(crate) fn prefix_of(text: &str) -> Option<Token> {
    let mut tokens = tokenize(text);
    if tokens.iter().any(|token| token.position > 0) {
        return None;
    }
    let surface = tokens.iter().position(|token| token.text.starts_with(SURFACE_MARK));
    match surface {
        // A hashtag's first form is its own surface; the surfaces behind it belong to the words inside.
        Some(index) if !tokens[0].text.starts_with(['#', '@']) => {
            let mut token = tokens.swap_remove(index);
            token.text.remove(0);
            Some(token)
        }
        _ => tokens.into_iter().next(),
    }
}

fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Characters without width that are met inside words: soft hyphen, joiners, byte order mark, variation selector.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{200C}' | '\u{200D}' | '\u{2060}' | '\u{FEFF}' | '\u{FE0F}')
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '’' | '‘' | 'ʼ' | '＇' | '´')
}

/// Scripts written without spaces: each sign is a word, and a written word is found as a phrase.
fn is_ideograph(character: char) -> bool {
    matches!(character as u32, 0x3041..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

fn continues_word(character: char) -> bool {
    (character.is_alphanumeric() && !is_ideograph(character) && !is_emoji(character))
        || is_combining_mark(character)
        || is_invisible(character)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    position: usize,
    tokens: Vec<Token>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Where the run of characters that satisfy `accept` ends.
    fn run_end(&self, from: usize, accept: impl Fn(char) -> bool) -> usize {
        let rest = &self.text[from..];
        rest.find(|character| !accept(character)).map_or(self.text.len(), |length| from + length)
    }

    /// Adds the forms of one word and goes on behind it. A word without forms takes no position.
    fn push(&mut self, start: usize, end: usize, mut forms: Vec<String>) {
        self.at = end;
        forms.retain(|form| !form.is_empty());
        let added = !forms.is_empty();
        for (index, form) in forms.iter().enumerate() {
            if !forms[..index].contains(form) {
                self.tokens.push(Token { text: form.clone(), start, end, position: self.position });
            }
        }
        self.position += usize::from(added);
    }

    fn read_emoji(&mut self) {
        let (word, length) = read_emoji(&self.text[self.at..]);
        self.push(self.at, self.at + length, vec![word]);
    }

    fn read_ideograph(&mut self, character: char) {
        self.push(
            self.at,
            self.at + character.len_utf8(),
            vec![fold(&self.text[self.at..self.at + character.len_utf8()], |_| false)],
        );
    }

    /// A word with its apostrophes: elided articles in front are left out, `aujourd'hui` stays one word, English `'s` goes.
    fn read_word(&mut self) {
        let mut start = self.at;
        let mut end = self.run_end(start, continues_word_inside);
        let mut possessive = None;
        loop {
            let mut rest = self.text[end..].chars();
            let apostrophe = rest.next().filter(|character| is_apostrophe(*character));
            let word_goes_on =
                rest.next().is_some_and(|next| next.is_alphanumeric() && continues_word_inside(next));
            let (Some(apostrophe), true) = (apostrophe, word_goes_on) else { break };
            let segment_start = end + apostrophe.len_utf8();
            let segment_end = self.run_end(segment_start, continues_word_inside);
            // No elided article is long; without this bound a text made for it would be folded again at each apostrophe.
            let may_be_elided = end - start <= 16;
            if may_be_elided && ELISIONS.contains(&fold(&self.text[start..end], |_| false).as_str()) {
                start = segment_start;
            } else if self.text[segment_start..segment_end].eq_ignore_ascii_case("s") {
                possessive = Some(end);
            } else {
                possessive = None;
            }
            end = segment_end;
        }
        let folded = fold(&self.text[start..possessive.unwrap_or(end)], |_| false);
        self.push(start, end, word_forms(&folded));
    }

    /// `#tag`: the tag as it is, then the words inside. Returns whether there was one.
    fn read_hashtag(&mut self) -> bool {
        let start = self.at;
        let body_start = start + self.peek().map_or(0, char::len_utf8);
        let end = self.run_end(body_start, |character| {
            continues_word(character) || character == '_' || is_ideograph(character)
        });
        let body = fold(&self.text[body_start..end], |character| character == '_');
        if body.trim_matches('_').is_empty() {
            return false;
        }
        let mut forms = vec![format!("#{body}")];
        forms.extend(body.split('_').flat_map(word_forms));
        self.push(start, end, forms);
        true
    }

    /// `@name` or `@name@server`: the whole, the name, then the words inside the name. Returns whether there was one.
    fn read_handle(&mut self) -> bool {
        let start = self.at;
        let name_start = start + self.peek().map_or(0, char::len_utf8);
        let name_end = self.handle_part_end(name_start);
        let name = fold(&self.text[name_start..name_end], is_inside_handle);
        if !name.contains(char::is_alphanumeric) {
            return false;
        }
        let server_start = name_end + 1;
        let server_end = if self.text[name_end..].starts_with('@') {
            self.handle_part_end(server_start)
        } else {
            name_end
        };
        let mut forms = Vec::new();
        let mut end = name_end;
        if server_end > server_start {
            let server = fold(&self.text[server_start..server_end], is_inside_handle);
            if server.starts_with(char::is_alphanumeric) {
                forms.push(format!("@{name}@{server}"));
                end = server_end;
            }
        }
        forms.push(format!("@{name}"));
        forms.extend(name.split(is_inside_handle).flat_map(word_forms));
        self.push(start, end, forms);
        true
    }

    /// The end of a handle's name or server: a full stop or hyphen belongs to it only where something follows.
    fn handle_part_end(&self, from: usize) -> usize {
        let end = self.run_end(from, |character| continues_word(character) || is_inside_handle(character));
        from + self.text[from..end].trim_end_matches(['.', '-']).len()
    }
}

fn continues_word_inside(character: char) -> bool {
    continues_word(character) && !is_apostrophe(character)
}

fn is_inside_handle(character: char) -> bool {
    matches!(character, '_' | '.' | '-')
}

fn word_forms(folded: &str) -> Vec<String> {
    let stem = stem(folded);
    if stem == folded { vec![stem] } else { vec![stem, format!("{SURFACE_MARK}{folded}")] }
}

#[cfg(test)]
mod tests;
