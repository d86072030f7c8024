//! The labelled texts of a training run, and which of them are held out.

use std::{
    collections::{BTreeMap, HashSet},
    path::{Path, PathBuf},
};

use domain::Tag;
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    ClassifierError,
    labels::{self, LabelledText, TextSource},
};

/// Labels of the MiniBAR app reviews, whose texts the repository does not carry.
const MINIBAR_LABELS: &str = "minibar_labels.jsonl";

/// One text in this many is held out.
const HELD_OUT_OF_1000: usize = 120;

/// Labelled texts, in two parts that share no text.
pub(super) struct Examples {
    pub(super) training: Vec<LabelledText>,
    pub(super) held_out: Vec<LabelledText>,
    /// Why a file was left out.
    pub(super) warnings: Vec<String>,
}

/// Reads every `.jsonl` file of a folder.
pub(super) fn read(folder: &Path, minibar: Option<&Path>) -> Result<Examples, ClassifierError> {
    let mut texts = Vec::new();
    let mut warnings = Vec::new();
    for path in files(folder)? {
        let is_minibar = path.file_name().is_some_and(|name| name == MINIBAR_LABELS);
        match (is_minibar, minibar) {
            (true, None) => warnings.push(format!(
                "{MINIBAR_LABELS} is left out: name the file with the reviews themselves with --minibar"
            )),
            (true, Some(reviews)) => texts.extend(labels::read(&path, Some(&TextSource::read(reviews)?))?),
            (false, _) => texts.extend(labels::read(&path, None)?),
        }
    }
    let mut seen = HashSet::new();
    texts.retain(|text| seen.insert(xxh3_64(text.text.trim().as_bytes())));
    let (training, held_out) = split(texts);
    if training.is_empty() || held_out.is_empty() {
        return Err(ClassifierError::NothingToDo(format!(
            "too few labelled texts in {} to train on: add JSON lines with text, emotions and causes",
            folder.display()
        )));
    }
    Ok(Examples { training, held_out, warnings })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, ClassifierError> {
    let entries = std::fs::read_dir(folder).map_err(|error| ClassifierError::file(folder, error))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    Ok(files)
}

/// Holds out the same share of each kind of text. A text's place depends on itself, so that new texts move few others.
fn split(texts: Vec<LabelledText>) -> (Vec<LabelledText>, Vec<LabelledText>) {
    // A kind is a language and the first tag that holds, if one does.
    let mut kinds: BTreeMap<(String, Option<Tag>), Vec<LabelledText>> = BTreeMap::new();
    for text in texts {
        let first_tag = Tag::all().zip(text.truth.holds).find(|(_, holds)| *holds).map(|(tag, _)| tag);
        kinds.entry((text.language.clone(), first_tag)).or_default().push(text);
    }
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    for mut texts in kinds.into_values() {
        texts.sort_by_cached_key(|text| xxh3_64(text.text.as_bytes()));
        let wanted = (texts.len() * HELD_OUT_OF_1000).div_ceil(1000);
        // A kind of one text is of more use in training.
        let wanted = if texts.len() == 1 { 0 } else { wanted };
        let mut texts = texts.into_iter();
        held_out.extend(texts.by_ref().take(wanted));
        training.extend(texts);
    }
    (training, held_out)
}

/// A number for this very set of texts, labels included: a run is resumed only on the same.
pub(super) fn fingerprint(examples: &Examples) -> u64 {
    let mut hash = 0;
    for text in examples.training.iter().chain(&examples.held_out) {
        let labels: Vec<u8> =
            text.truth.holds.iter().chain(&text.truth.known).map(|flag| u8::from(*flag)).collect();
        let shares: Vec<u8> = text.truth.shares.iter().flat_map(|share| share.to_le_bytes()).collect();
        hash = xxh3_64(&[&u64::to_le_bytes(hash), text.text.as_bytes(), &labels, &shares].concat());
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(lines: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let line = |index: usize| {
            let emotions = if index.is_multiple_of(2) { r#"["anger"]"# } else { "[]" };
            format!(
                r#"{{"lang":"fr","text":"texte {index}","emotions":{emotions},"causes":[],"complaint":false,"answer":false}}"#
            )
        };
        let text: Vec<String> = (0..lines).map(line).collect();
        std::fs::write(folder.path().join("written.jsonl"), text.join("\n")).unwrap();
        std::fs::write(folder.path().join("notes.txt"), "no labels").unwrap();
        folder
    }

    #[test]
    fn a_twelfth_of_each_kind_is_held_out_the_same_each_time() {
        let folder = folder(200);
        let examples = read(folder.path(), None).unwrap();
        assert_eq!((examples.training.len(), examples.held_out.len()), (176, 24));
        let angry = examples.held_out.iter().filter(|text| text.truth.holds[0]).count();
        assert_eq!(angry, 12);
        let again = read(folder.path(), None).unwrap();
        assert_eq!(fingerprint(&again), fingerprint(&examples));
        assert!(examples.training.iter().all(|text| !examples.held_out.contains(text)));
        let mut divided = again;
        divided.training[0].truth.shares[3] = 0.5;
        assert_ne!(fingerprint(&divided), fingerprint(&examples), "a run is not resumed on other labels");
    }

    #[test]
    fn labels_without_their_texts_are_left_out_with_a_warning() {
        let folder = folder(30);
        let line = r#"{"id":"b1","emotions":[],"causes":[],"complaint":false,"answer":false}"#;
        std::fs::write(folder.path().join(MINIBAR_LABELS), line).unwrap();
        let examples = read(folder.path(), None).unwrap();
        assert!(examples.warnings[0].contains("--minibar"));
        let reviews = folder.path().join("reviews.json");
        std::fs::write(&reviews, r#"{"id":"minibar:b1","lang":"en","text":"fine"}"#).unwrap();
        let joined = read(folder.path(), Some(&reviews)).unwrap();
        let count = |examples: &Examples| examples.training.len() + examples.held_out.len();
        assert_eq!(count(&joined), count(&examples) + 1);
    }

    #[test]
    fn an_empty_folder_says_what_to_add() {
        let folder = tempfile::tempdir().unwrap();
        let error = read(folder.path(), None).err().unwrap().to_string();
        assert!(error.contains("too few labelled texts") && error.contains("JSON lines"), "{error}");
    }
}
