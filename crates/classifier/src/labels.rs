//! The order of the model's outputs, and labelled texts as JSON lines.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use domain::{Cause, Emotion, Flag, Tag};
use serde::Deserialize;

use crate::ClassifierError;

/// The number of the model's outputs: five emotions, twelve causes, two flags.
pub const OUTPUTS: usize = Emotion::ALL.len() + Cause::ALL.len() + Flag::ALL.len();

/// What annotators say of one text: for every output 1 (holds), 0 (does not) or NaN-free absence through `known`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Truth {
    /// Whether each tag holds, in the order of [`Tag::all`].
    pub holds: [bool; OUTPUTS],
    /// Whether each tag was judged at all; an output that was not takes no part in the loss.
    pub known: [bool; OUTPUTS],
    /// The share of the readings that saw each tag: 0 or 1 where they agree.
    pub shares: [f32; OUTPUTS],
}

impl Truth {
    /// What all readings agree on.
    pub fn unanimous(holds: [bool; OUTPUTS], known: [bool; OUTPUTS]) -> Self {
        Self { holds, known, shares: holds.map(|holds| f32::from(u8::from(holds))) }
    }
}

/// One text with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledText {
    /// Unique among all files read together.
    pub id: String,
    /// The language, as far as the file says.
    pub language: String,
    /// Where it comes from, as far as the file says: the set, or the sector of a text written for training.
    pub source: String,
    /// The text.
    pub text: String,
    /// Its labels.
    pub truth: Truth,
}

/// A line of a file: labels always, the text itself unless it is joined by id from elsewhere.
#[derive(Debug, Deserialize)]
struct Line {
    /// Texts written for training need none.
    id: Option<String>,
    #[serde(default, alias = "language")]
    lang: String,
    source: Option<String>,
    sector: Option<String>,
    text: Option<String>,
    emotions: BTreeSet<Emotion>,
    causes: Option<BTreeSet<Cause>>,
    complaint: Option<bool>,
    answer: Option<bool>,
    /// The emotions that the annotators knew of; without it, all five.
    judged: Option<BTreeSet<Emotion>>,
    /// The tags on which the readings differed, with the share that saw them.
    #[serde(default)]
    divided: BTreeMap<Tag, f32>,
}

/// The line of a file of texts without labels of ours.
#[derive(Debug, Deserialize)]
struct PlainLine {
    id: String,
    #[serde(default, alias = "language")]
    lang: String,
    text: String,
}

/// Reads labelled texts; lines without a text take theirs from `texts` by id.
///
/// # Errors
/// A file that cannot be read, a line that is no such JSON, an id whose text is nowhere.
pub fn read(path: &Path, texts: Option<&TextSource>) -> Result<Vec<LabelledText>, ClassifierError> {
    let mut labelled = Vec::new();
    each_line(path, |number, line| {
        let fail = |reason: String| ClassifierError::Data { path: path.to_owned(), line: number, reason };
        let line: Line = serde_json::from_str(line).map_err(|error| fail(error.to_string()))?;
        let truth = line.truth();
        if let Some((tag, share)) = line.divided.iter().find(|(_, share)| !(0.0..=1.0).contains(*share)) {
            return Err(fail(format!("the share of {} is {share}, not between 0 and 1", tag.as_str())));
        }
        let id = line.id.unwrap_or_else(|| {
            format!("{}:{number}", path.file_name().unwrap_or_default().to_string_lossy())
        });
        let source = line.source.or(line.sector).unwrap_or_default();
        let (language, text) = match line.text {
            Some(text) => (line.lang, text),
            None => texts
                .and_then(|texts| texts.find(&id))
                .ok_or_else(|| fail(format!("no text is given or found for id {id:?}")))?,
        };
        labelled.push(LabelledText { id, language, source, text, truth });
        Ok(())
    })?;
    Ok(labelled)
}

impl Line {
    fn truth(&self) -> Truth {
        let tags: Vec<Tag> = Tag::all().collect();
        let holds = |tag: &Tag| match tag {
            Tag::Emotion(emotion) => self.emotions.contains(emotion),
            Tag::Cause(cause) => self.causes.as_ref().is_some_and(|causes| causes.contains(cause)),
            Tag::Flag(Flag::Complaint) => self.complaint.unwrap_or(false),
            Tag::Flag(Flag::Answer) => self.answer.unwrap_or(false),
        };
        let known = |tag: &Tag| match tag {
            Tag::Emotion(emotion) => self.judged.as_ref().is_none_or(|judged| judged.contains(emotion)),
            Tag::Cause(_) => self.causes.is_some(),
            Tag::Flag(Flag::Complaint) => self.complaint.is_some(),
            Tag::Flag(Flag::Answer) => self.answer.is_some(),
        };
        let mut truth = Truth::unanimous(
            std::array::from_fn(|output| holds(&tags[output])),
            std::array::from_fn(|output| known(&tags[output])),
        );
        for (share, tag) in truth.shares.iter_mut().zip(&tags) {
            *share = self.divided.get(tag).copied().unwrap_or(*share);
        }
        truth
    }
}

/// Texts of others, which the repository does not carry, found by id.
#[derive(Debug, Default)]
pub struct TextSource {
    texts: std::collections::HashMap<String, (String, String)>,
}

impl TextSource {
    /// Reads a file of JSON lines with `id`, `text` and perhaps `lang`.
    ///
    /// # Errors
    /// A file that cannot be read, a line that is no such JSON.
    pub fn read(path: &Path) -> Result<Self, ClassifierError> {
        let mut source = Self::default();
        each_line(path, |number, line| {
            let line: PlainLine = serde_json::from_str(line).map_err(|error| ClassifierError::Data {
                path: path.to_owned(),
                line: number,
                reason: error.to_string(),
            })?;
            // Labels may name a text without the data set that it comes from: `be00b3` for `reviews:be00b3`.
            if let Some((_, short_id)) = line.id.split_once(':') {
                source.texts.insert(short_id.to_owned(), (line.lang.clone(), line.text.clone()));
            }
            source.texts.insert(line.id, (line.lang, line.text));
            Ok(())
        })?;
        Ok(source)
    }

    fn find(&self, id: &str) -> Option<(String, String)> {
        self.texts.get(id).cloned()
    }
}

pub(crate) fn each_line(
    path: &Path,
    mut visit: impl FnMut(usize, &str) -> Result<(), ClassifierError>,
) -> Result<(), ClassifierError> {
    let file = File::open(path).map_err(|error| ClassifierError::file(path, error))?;
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| ClassifierError::file(path, error))?;
        if !line.trim().is_empty() {
            visit(index + 1, &line)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(lines: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(lines.as_bytes()).unwrap();
        file
    }

    #[test]
    fn reads_labels_and_joins_texts_by_id() {
        let texts = file(r#"{"id":"b","lang":"en","text":"late again"}"#);
        let labels = file(concat!(
            r#"{"id":"a","lang":"fr","text":"en retard","emotions":["frustration"],"causes":["delivery"],"complaint":true,"answer":false}"#,
            "\n\n",
            r#"{"id":"b","emotions":["annoyance"],"judged":["anger","annoyance"]}"#,
        ));
        let texts = TextSource::read(texts.path()).unwrap();
        let read = read(labels.path(), Some(&texts)).unwrap();
        assert_eq!(read[0].truth.holds.iter().filter(|holds| **holds).count(), 3);
        assert!(read[0].truth.known.iter().all(|known| *known));
        assert_eq!((read[1].language.as_str(), read[1].text.as_str()), ("en", "late again"));
        assert_eq!(read[1].truth.known.iter().filter(|known| **known).count(), 2);
    }

    #[test]
    fn readings_that_differ_leave_a_share() {
        let labels = file(
            r#"{"id":"a","text":"x","sector":"bank","source":"forum","emotions":["anger"],"divided":{"anger":0.5,"annoyance":0.25}}"#,
        );
        let read = read(labels.path(), None).unwrap();
        assert_eq!((read[0].truth.shares[0], read[0].truth.shares[2]), (0.5, 0.25));
        assert!(read[0].truth.holds[0] && !read[0].truth.holds[2]);
        assert_eq!(read[0].source, "forum");
    }

    #[test]
    fn a_bad_line_is_named() {
        let labels =
            file("{\"id\":\"a\",\"text\":\"x\",\"emotions\":[]}\n{\"id\":\"b\",\"emotions\":[\"joy\"]}");
        let error = read(labels.path(), None).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("joy"), "{error}");
        let labels = file(r#"{"id":"a","text":"x","emotions":[],"divided":{"anger":1.5}}"#);
        assert!(read(labels.path(), None).unwrap_err().to_string().contains("the share of anger is 1.5"));
        let labels = file("{\"id\":\"a\",\"emotions\":[]}");
        assert!(read(labels.path(), None).unwrap_err().to_string().contains("no text"));
    }
}
