//! Texts as JSON lines in, tags as JSON lines out, in the same order.

use std::io::{BufRead, Write};

use domain::{Language, Tags};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ClassifierError, Tagger, labels::OUTPUTS, language, scores};

/// Lines tagged at a time: enough to fill every thread, few enough that a pipe sees results soon.
const LINES_AT_A_TIME: usize = 512;

/// Only the first lines that cannot be used are told one by one.
const MAX_BAD_LINES: usize = 20;

/// What came of the lines.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ClassifySummary {
    /// Texts tagged.
    pub texts: u64,
    /// Lines that are no text.
    pub bad_lines: u64,
    /// The first of them, by number, with what is wrong.
    pub first_bad_lines: Vec<(u64, String)>,
}

#[derive(Deserialize)]
struct Given {
    id: Value,
    text: String,
    #[serde(default, alias = "lang")]
    language: Option<String>,
}

#[derive(Serialize)]
struct Told<'a> {
    id: &'a Value,
    language: &'a Language,
    /// The model does not read this language: there are no tags, which says nothing of the text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unsupported: bool,
    #[serde(flatten)]
    tags: &'a Tags,
}

/// Reads `{"id", "text"}` a line, perhaps with the `language` that is declared, and writes what `vigie classify` prints.
///
/// Lines that cannot be used are counted and left out. Blocks: call it from a thread that may.
///
/// # Errors
/// The input cannot be read, the output cannot be written, or the model fails.
pub fn classify(
    tagger: &Tagger,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> Result<ClassifySummary, ClassifierError> {
    let mut summary = ClassifySummary::default();
    let mut number = 0;
    let mut bytes = Vec::new();
    loop {
        let mut given: Vec<Given> = Vec::new();
        let mut at_end = false;
        while given.len() < LINES_AT_A_TIME {
            bytes.clear();
            let read = input.read_until(b'\n', &mut bytes);
            if read.map_err(|error| ClassifierError::file("the input", error))? == 0 {
                at_end = true;
                break;
            }
            number += 1;
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice(&bytes) {
                Ok(line) => given.push(line),
                Err(error) => summary.bad_line(number, error.to_string()),
            }
        }
        let languages: Vec<Language> =
            given.iter().map(|line| language::identify(&line.text, line.language.as_deref())).collect();
        // What is not read keeps its place as an empty text.
        let texts = given
            .iter()
            .zip(&languages)
            .map(|(line, language)| if language.is_supported() { line.text.clone() } else { String::new() });
        let tags = tagger.tag_blocking(texts.collect())?;
        for ((Given { id, .. }, language), tags) in given.iter().zip(&languages).zip(tags) {
            let unsupported = !language.is_supported();
            let tags = &if unsupported { scores::to_tags(&[0.0; OUTPUTS], |_| false) } else { tags };
            let mut line = serde_json::to_vec(&Told { id, language, unsupported, tags })
                .expect("names and numbers are JSON");
            line.push(b'\n');
            output.write_all(&line).map_err(|error| ClassifierError::file("the output", error))?;
        }
        output.flush().map_err(|error| ClassifierError::file("the output", error))?;
        summary.texts += given.len() as u64;
        if at_end {
            return Ok(summary);
        }
    }
}

impl ClassifySummary {
    fn bad_line(&mut self, number: u64, reason: String) {
        self.bad_lines += 1;
        if self.first_bad_lines.len() < MAX_BAD_LINES {
            self.first_bad_lines.push((number, reason));
        }
    }
}
