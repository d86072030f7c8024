//! Cuts the text of a query into operators, parentheses and conditions.

use crate::{
    MAX_NEAR_DISTANCE, MAX_QUERY_WORDS,
    analysis::{prefix_of, query_tokens},
    ast::{Node, Phrase, Word},
    error::{QueryError, QueryErrorKind},
    fields::FieldName,
};

/// Something of a query, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lexeme {
    /// Counted from 1, in characters.
    pub(crate) column: usize,
    pub(crate) kind: LexemeKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LexemeKind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// The `-` right in front of something.
    Minus,
    Near(u32),
    Condition(Node),
}

/// Without an own number: about a sentence.
const DEFAULT_NEAR_DISTANCE: u32 = 10;

/// Cuts `characters`; signs that hold no word, such as a stray `!`, are left out.
pub(crate) fn lex(characters: &[char]) -> Result<Vec<Lexeme>, QueryError> {
    let mut lexer = Lexer { characters, at: 0, words: 0, lexemes: Vec::new() };
    while lexer.at < characters.len() {
        lexer.step()?;
    }
    Ok(without_dashes(lexer.lexemes))
}

/// A `-` excludes what begins right behind it; any other is punctuation.
fn without_dashes(lexemes: Vec<Lexeme>) -> Vec<Lexeme> {
    let mut kept: Vec<Lexeme> = Vec::with_capacity(lexemes.len());
    for lexeme in lexemes.into_iter().rev() {
        let excludes = kept
            .last()
            .is_some_and(|next| next.column == lexeme.column + 1 && next.kind != LexemeKind::Close);
        if lexeme.kind != LexemeKind::Minus || excludes {
            kept.push(lexeme);
        }
    }
    kept.reverse();
    kept
}

struct Lexer<'a> {
    characters: &'a [char],
    at: usize,
    words: usize,
    lexemes: Vec<Lexeme>,
}

fn is_space(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// The mark that closes what this one opens.
fn closing_quote(character: char) -> Option<char> {
    match character {
        '"' => Some('"'),
        '“' => Some('”'),
        '«' => Some('»'),
        _ => None,
    }
}

fn ends_word(character: char) -> bool {
    is_space(character) || matches!(character, '(' | ')' | '"' | '“' | '”' | '«' | '»')
}

/// Whether a word means an operator when it is written without quotation marks.
pub(crate) fn is_operator(word: &str) -> bool {
    matches!(word, "AND" | "ET" | "OR" | "OU" | "NOT" | "SAUF" | "NEAR") || word.starts_with("NEAR/")
}

impl Lexer<'_> {
    fn push(&mut self, at: usize, kind: LexemeKind) {
        self.lexemes.push(Lexeme { column: at + 1, kind });
    }

    fn step(&mut self) -> Result<(), QueryError> {
        let start = self.at;
        let character = self.characters[start];
        if is_space(character) || matches!(character, '”' | '»') {
            self.at += 1;
        } else if character == '(' {
            self.at += 1;
            self.push(start, LexemeKind::Open);
        } else if character == ')' {
            self.at += 1;
            self.push(start, LexemeKind::Close);
        } else if let Some(closing) = closing_quote(character) {
            let text = self.read_quoted(closing)?;
            self.push_phrase(start, text)?;
        } else if character == '-' {
            self.at += 1;
            self.push(start, LexemeKind::Minus);
        } else {
            self.read_word()?;
        }
        Ok(())
    }

    /// Reads up to `closing`; a backslash in front of a quotation mark or a backslash takes it into the text.
    fn read_quoted(&mut self, closing: char) -> Result<String, QueryError> {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        while let Some(&character) = self.characters.get(self.at) {
            self.at += 1;
            if character == closing {
                return Ok(text);
            }
            let escaped = self.characters.get(self.at).copied().filter(|next| matches!(next, '"' | '\\'));
            match escaped {
                Some(next) if character == '\\' => {
                    text.push(next);
                    self.at += 1;
                }
                _ => text.push(character),
            }
        }
        Err(QueryError { column: start + 1, kind: QueryErrorKind::UnclosedQuote })
    }

    fn push_phrase(&mut self, start: usize, text: String) -> Result<(), QueryError> {
        let tokens: Vec<String> = query_tokens(&text).into_iter().map(|token| token.text).collect();
        if tokens.is_empty() {
            return Err(QueryError { column: start + 1, kind: QueryErrorKind::EmptyPhrase });
        }
        self.count_words(start, tokens.len())?;
        self.push(start, LexemeKind::Condition(Node::Phrase(Phrase { text, tokens })));
        Ok(())
    }

    fn count_words(&mut self, start: usize, words: usize) -> Result<(), QueryError> {
        self.words += words;
        if self.words > MAX_QUERY_WORDS {
            return Err(QueryError { column: start + 1, kind: QueryErrorKind::TooManyWords });
        }
        Ok(())
    }

    fn read_word(&mut self) -> Result<(), QueryError> {
        let start = self.at;
        let length = self.characters[start..].iter().position(|character| ends_word(*character));
        let end = length.map_or(self.characters.len(), |length| start + length);
        self.at = end;
        let word: String = self.characters[start..end].iter().collect();
        let error = |kind| QueryError { column: start + 1, kind };
        match word.as_str() {
            "AND" | "ET" => self.push(start, LexemeKind::And),
            "OR" | "OU" => self.push(start, LexemeKind::Or),
            "NOT" | "SAUF" => self.push(start, LexemeKind::Not),
            "NEAR" => self.push(start, LexemeKind::Near(DEFAULT_NEAR_DISTANCE)),
            near if near.starts_with("NEAR/") => {
                let distance = near["NEAR/".len()..]
                    .parse()
                    .ok()
                    .filter(|distance| (1..=MAX_NEAR_DISTANCE).contains(distance));
                let distance = distance.ok_or_else(|| error(QueryErrorKind::NearDistance))?;
                self.push(start, LexemeKind::Near(distance));
            }
            _ => match self.read_field(&word, start)? {
                Some(condition) => {
                    self.count_words(start, 1)?;
                    self.push(start, LexemeKind::Condition(condition));
                }
                None if word.contains('*') => self.push_prefix(start, &word)?,
                None => self.push_plain(start, word)?,
            },
        }
        Ok(())
    }

    /// `name:value` or `name:"value"`. Addresses (`https://…`), times (`14:30`) and words in front of a colon are no fields.
    fn read_field(&mut self, word: &str, start: usize) -> Result<Option<Node>, QueryError> {
        let error = |kind| QueryError { column: start + 1, kind };
        let Some((name, value)) = word.split_once(':') else { return Ok(None) };
        let like_a_name =
            name.chars().all(|character| character.is_alphabetic() || matches!(character, '\'' | '’'));
        if name.is_empty() || !like_a_name || value.starts_with("//") {
            return Ok(None);
        }
        let closing =
            self.characters.get(self.at).copied().and_then(closing_quote).filter(|_| value.is_empty());
        let Some(field) = FieldName::find(name) else {
            let is_punctuation = value.is_empty() && closing.is_none();
            if is_punctuation {
                return Ok(None);
            }
            let suggestion = FieldName::suggest(name);
            return Err(error(QueryErrorKind::UnknownField { name: name.to_owned(), suggestion }));
        };
        let value = match closing {
            Some(closing) => self.read_quoted(closing)?,
            None => value.to_owned(),
        };
        field.condition(&value).map(Some).map_err(error)
    }

    fn push_prefix(&mut self, start: usize, word: &str) -> Result<(), QueryError> {
        let error = QueryError { column: start + 1, kind: QueryErrorKind::MisplacedStar };
        let written =
            word.strip_suffix('*').filter(|written| !written.contains('*')).ok_or_else(|| error.clone())?;
        let token = prefix_of(written).ok_or_else(|| error.clone())?;
        // Behind the last word there may be nothing: in `fin.*` the star continues no word.
        let letters = token.text.chars().filter(|character| character.is_alphanumeric()).count();
        if letters < 2 || token.end != written.len() {
            return Err(error);
        }
        self.count_words(start, 1)?;
        let text = written[token.start..token.end].to_owned();
        self.push(start, LexemeKind::Condition(Node::Prefix(Word { text, token: token.text })));
        Ok(())
    }

    /// A word is a term; what the analysis cuts into several words, such as `e-mail`, is a phrase.
    fn push_plain(&mut self, start: usize, word: String) -> Result<(), QueryError> {
        let mut tokens = query_tokens(&word);
        if tokens.is_empty() {
            return Ok(());
        }
        if tokens.len() > 1 {
            return self.push_phrase(start, word);
        }
        self.count_words(start, 1)?;
        let token = tokens.swap_remove(0);
        let text = word[token.start..token.end].to_owned();
        let condition = if is_operator(&text) {
            Node::Phrase(Phrase { text, tokens: vec![token.text] })
        } else {
            Node::Term(Word { text, token: token.text })
        };
        self.push(start, LexemeKind::Condition(condition));
        Ok(())
    }
}
