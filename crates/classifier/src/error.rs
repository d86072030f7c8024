//! What can go wrong between a text and its tags.

use std::{
    io,
    path::{Path, PathBuf},
};

use journal::JournalError;

/// An error of the classifier, its training or its evaluation. Every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ClassifierError {
    /// A file of the model is not there.
    #[error(
        "the model file {path} is missing: restore {folder} from the repository or run `vigie train`",
        path = .0.display(),
        folder = .0.parent().unwrap_or(.0).display()
    )]
    ModelMissing(PathBuf),
    /// A file of the model is there but not what it should be.
    #[error("the model file {path} is unusable ({reason}): restore it from the repository or run `vigie train`", path = path.display())]
    ModelUnusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A wheel or a list that the base encoder is built from is missing or not as expected.
    #[error("cannot build the base encoder from {path} ({reason}): run `python3 scripts/setup.py train`", path = path.display())]
    BaseEncoder {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A line of labelled texts cannot be used.
    #[error("{path}, line {line}: {reason}", path = path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// There is nothing to train on, or nothing to measure.
    #[error("{0}")]
    NothingToDo(String),
    /// A file cannot be read or written.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
    /// The encoder refused its input.
    #[error("encoder: {0}")]
    Encoder(String),
    /// The tokenizer refused a text.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An inference thread ended before its time.
    #[error("an inference thread ended unexpectedly; restart the classifier")]
    WorkerGone,
}

impl ClassifierError {
    /// An I/O error with the file it concerns.
    pub(crate) fn file(path: impl Into<PathBuf>, reason: io::Error) -> Self {
        Self::File { path: path.into(), reason }
    }

    /// The same for a file of the model: a missing one says how to get it.
    pub(crate) fn model_file(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::ModelMissing(path.to_owned()),
            _ => Self::file(path, source),
        }
    }
}
