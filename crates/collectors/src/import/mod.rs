//! Posts from files: JSONL and CSV, as other programs and Vigie itself export them.

mod columns;
mod csv_rows;
mod dates;
mod file;
mod jsonl_rows;
mod row;
mod run;

use std::{borrow::Cow, io, path::PathBuf};

use domain::Brand;
use encoding_rs::WINDOWS_1252;

pub use columns::{ColumnMapping, ColumnMappingError, Field};
pub use file::ImportFile;
pub use run::{ImportProgress, ImportReport, import};

/// A longer line or record is no post. It bounds what is held of a file at a time.
const MAX_ROW_BYTES: usize = 4 * 1024 * 1024;

/// How a file is imported.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Every row concerns this brand; dates without a time zone are in its own.
    pub brand: Brand,
    /// The source that rows are filed under which name none.
    pub source: String,
    /// Which column holds what.
    pub columns: ColumnMapping,
}

/// A file cannot be imported, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("{} cannot be read: {error}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It is neither JSONL nor CSV, or has no column of texts.
    #[error("{}: {reason}", file.display())]
    Format {
        /// The file.
        file: PathBuf,
        /// What it is, and what to do.
        reason: String,
    },
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
}

/// A row that is left out; the others are imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}, line {line}: {reason}", file.display())]
pub struct RowError {
    /// The file.
    pub file: PathBuf,
    /// The line at which the row begins, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// UTF-8, else the encoding of older Windows programs, in which every byte is some character.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// The beginning of a value, for an error's message.
fn excerpt(value: &str) -> String {
    const LENGTH: usize = 40;
    let end = if value.chars().nth(LENGTH).is_some() { "…" } else { "" };
    format!("\"{}{end}\"", value.chars().take(LENGTH).filter(|part| !part.is_control()).collect::<String>())
}
