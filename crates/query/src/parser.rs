//! The grammar of the query language, by recursive descent. The crate's README has it as EBNF.

use crate::{
    MAX_QUERY_CHARS, MAX_QUERY_DEPTH,
    ast::Node,
    error::{QueryError, QueryErrorKind},
    lexer::{Lexeme, LexemeKind, lex},
};

/// Reads the tree of a query.
pub(crate) fn parse_node(text: &str) -> Result<Node, QueryError> {
    // Counted before anything is collected, so that a text of a gigabyte costs nothing.
    if text.chars().nth(MAX_QUERY_CHARS).is_some() {
        return Err(QueryError { column: MAX_QUERY_CHARS + 1, kind: QueryErrorKind::TooLong });
    }
    let characters: Vec<char> = text.chars().collect();
    let lexemes = lex(&characters)?;
    if lexemes.is_empty() {
        return Err(QueryError { column: 1, kind: QueryErrorKind::Empty });
    }
    let mut parser = Parser { lexemes: &lexemes, at: 0, depth: 0, characters: &characters };
    let node = parser.alternatives(None)?;
    match parser.peek() {
        None => Ok(node),
        // `alternatives` only stops at a closing parenthesis or at the end.
        Some(lexeme) => {
            Err(QueryError { column: lexeme.column, kind: QueryErrorKind::UnexpectedParenthesis })
        }
    }
}

struct Parser<'a> {
    lexemes: &'a [Lexeme],
    at: usize,
    depth: usize,
    /// For the operator of an error, as it was written.
    characters: &'a [char],
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Lexeme> {
        self.lexemes.get(self.at)
    }

    fn next_if(&mut self, accept: impl Fn(&LexemeKind) -> bool) -> Option<&'a Lexeme> {
        let lexeme = self.peek().filter(|lexeme| accept(&lexeme.kind))?;
        self.at += 1;
        Some(lexeme)
    }

    /// Something is missing beside `operator`, or where the query begins.
    fn missing(&self, operator: Option<&Lexeme>) -> QueryError {
        let Some(lexeme) = operator.or_else(|| self.peek()) else {
            return QueryError { column: 1, kind: QueryErrorKind::Empty };
        };
        let written: String = self.characters[lexeme.column - 1..]
            .iter()
            .take_while(|character| !character.is_whitespace())
            .take(12)
            .collect();
        let kind = match lexeme.kind {
            LexemeKind::Open if self.peek().is_none() => QueryErrorKind::UnclosedParenthesis,
            LexemeKind::Open => QueryErrorKind::EmptyParentheses,
            LexemeKind::Close => QueryErrorKind::UnexpectedParenthesis,
            _ => QueryErrorKind::MissingOperand { operator: written },
        };
        QueryError { column: lexeme.column, kind }
    }

    fn deeper<T>(
        &mut self,
        column: usize,
        read: impl FnOnce(&mut Self) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        if self.depth == MAX_QUERY_DEPTH {
            return Err(QueryError { column, kind: QueryErrorKind::TooDeep });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// `all { OR all }`
    fn alternatives(&mut self, before: Option<&Lexeme>) -> Result<Node, QueryError> {
        let mut parts = vec![self.all(before)?];
        while let Some(operator) = self.next_if(|kind| matches!(kind, LexemeKind::Or)) {
            parts.push(self.all(Some(operator))?);
        }
        Ok(Node::or(parts))
    }

    /// `negatable { [ AND ] negatable }`
    fn all(&mut self, before: Option<&Lexeme>) -> Result<Node, QueryError> {
        let mut parts = vec![self.negatable(before)?];
        loop {
            if let Some(operator) = self.next_if(|kind| matches!(kind, LexemeKind::And)) {
                parts.push(self.negatable(Some(operator))?);
                continue;
            }
            match self.peek().map(|lexeme| &lexeme.kind) {
                None | Some(LexemeKind::Or | LexemeKind::Close) => return Ok(Node::and(parts)),
                Some(_) => parts.push(self.negatable(None)?),
            }
        }
    }

    /// `NOT negatable | near`
    fn negatable(&mut self, before: Option<&Lexeme>) -> Result<Node, QueryError> {
        if let Some(operator) = self.next_if(|kind| matches!(kind, LexemeKind::Not)) {
            let inner = self.deeper(operator.column, |parser| parser.negatable(Some(operator)))?;
            return Ok(Node::Not(Box::new(inner)));
        }
        self.near(before)
    }

    /// `primary { NEAR/n primary }`; in a chain each is near the next.
    fn near(&mut self, before: Option<&Lexeme>) -> Result<Node, QueryError> {
        let mut left_column = self.peek().map_or(1, |lexeme| lexeme.column);
        let mut left = self.primary(before)?;
        let mut pairs = Vec::new();
        while let Some(operator) = self.next_if(|kind| matches!(kind, LexemeKind::Near(_))) {
            let LexemeKind::Near(distance) = operator.kind else { continue };
            let right_column = self.peek().map_or(operator.column, |lexeme| lexeme.column);
            let right = self.primary(Some(operator))?;
            for (side, column) in [(&left, left_column), (&right, right_column)] {
                if !side.has_positions() {
                    return Err(QueryError { column, kind: QueryErrorKind::NearOperand });
                }
            }
            pairs.push(Node::Near { left: Box::new(left), right: Box::new(right.clone()), distance });
            (left, left_column) = (right, right_column);
        }
        Ok(if pairs.is_empty() { left } else { Node::and(pairs) })
    }

    /// `- primary | ( alternatives ) | condition`
    fn primary(&mut self, before: Option<&Lexeme>) -> Result<Node, QueryError> {
        let Some(lexeme) = self.peek() else { return Err(self.missing(before)) };
        match &lexeme.kind {
            LexemeKind::Condition(node) => {
                self.at += 1;
                Ok(node.clone())
            }
            LexemeKind::Minus => {
                self.at += 1;
                let inner = self.deeper(lexeme.column, |parser| parser.primary(Some(lexeme)))?;
                Ok(Node::Not(Box::new(inner)))
            }
            LexemeKind::Open => {
                self.at += 1;
                let inner = self.deeper(lexeme.column, |parser| parser.alternatives(Some(lexeme)))?;
                if self.next_if(|kind| matches!(kind, LexemeKind::Close)).is_none() {
                    return Err(QueryError {
                        column: lexeme.column,
                        kind: QueryErrorKind::UnclosedParenthesis,
                    });
                }
                Ok(inner)
            }
            LexemeKind::Close | LexemeKind::And | LexemeKind::Or | LexemeKind::Not | LexemeKind::Near(_) => {
                Err(self.missing(before))
            }
        }
    }
}
