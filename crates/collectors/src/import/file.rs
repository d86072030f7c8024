//! A file of posts, read row by row.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use domain::Mention;

use super::{
    ColumnMapping, ImportError, ImportOptions, RowError,
    csv_rows::CsvRows,
    jsonl_rows::JsonlRows,
    row::{Content, Defaults},
};
use crate::Relevance;

/// What is looked at to tell how a file is written.
const BEGINNING_BYTES: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The mentions in a file, and the rows that are none. Reading blocks.
pub struct ImportFile {
    path: PathBuf,
    total_bytes: u64,
    /// When a post without a date is taken to have been published: the file's last change, so that a second import of the same file
    /// changes nothing.
    modified_at: DateTime<Utc>,
    rows: Rows,
    options: ImportOptions,
    relevance: Arc<Relevance>,
}

enum Rows {
    Jsonl(JsonlRows<BufReader<File>>),
    Csv(Box<CsvRows<BufReader<File>>>),
}

/// Why a file cannot be opened.
pub(super) enum OpenError {
    Io(io::Error),
    Format(String),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A row as it stands in the file: its first line, and what it says or why it cannot be read.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) content: Result<Content, String>,
}

impl ImportFile {
    /// Opens a file, and finds out how it is written.
    ///
    /// # Errors
    /// It cannot be read, is neither JSONL nor CSV, or no column is known to hold the text.
    pub fn open(path: &Path, options: ImportOptions, relevance: Arc<Relevance>) -> Result<Self, ImportError> {
        let failed = |error| match error {
            OpenError::Io(error) => ImportError::Io { file: path.to_owned(), error },
            OpenError::Format(reason) => ImportError::Format { file: path.to_owned(), reason },
        };
        let file = File::open(path).map_err(|error| failed(error.into()))?;
        let metadata = file.metadata().map_err(|error| failed(error.into()))?;
        let modified_at = metadata.modified().map_or_else(|_| Utc::now(), DateTime::from);
        let rows = Rows::open(file, &options.columns).map_err(failed)?;
        Ok(Self { path: path.to_owned(), total_bytes: metadata.len(), modified_at, rows, options, relevance })
    }

    /// How large the file is.
    pub fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// How much of it is read.
    pub fn bytes_read(&self) -> u64 {
        match &self.rows {
            Rows::Jsonl(rows) => rows.bytes_read(),
            Rows::Csv(rows) => rows.bytes_read(),
        }
    }
}

impl Iterator for ImportFile {
    type Item = Result<Mention, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match &mut self.rows {
            Rows::Jsonl(rows) => rows.next(),
            Rows::Csv(rows) => rows.next(),
        }?;
        let defaults = Defaults { options: &self.options, published_at: self.modified_at };
        let mention =
            row.content.and_then(|content| content.into_mention(&self.relevance, &defaults, Utc::now()));
        Some(mention.map_err(|reason| RowError { file: self.path.clone(), line: row.line, reason }))
    }
}

impl Rows {
    fn open(file: File, columns: &ColumnMapping) -> Result<Self, OpenError> {
        let mut reader = BufReader::with_capacity(BEGINNING_BYTES, file);
        if reader.fill_buf()?.starts_with(BYTE_ORDER_MARK) {
            reader.consume(BYTE_ORDER_MARK.len());
        }
        let beginning = reader.fill_buf()?;
        let format = |reason: &str| Err(OpenError::Format(reason.to_owned()));
        if beginning.starts_with(b"PK") || beginning.starts_with(b"\xd0\xcf\x11\xe0") {
            return format("this is a spreadsheet or an archive; save it as CSV first");
        }
        if beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff") {
            return format("this is UTF-16; save it as CSV in UTF-8 first");
        }
        match beginning.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => format("the file is empty"),
            Some(b'[') => {
                format("this is one JSON array; write one object a line: jq -c '.[]' FILE > FILE.jsonl")
            }
            Some(b'{') => Ok(Self::Jsonl(JsonlRows::new(reader, columns.clone()))),
            Some(_) => Ok(Self::Csv(Box::new(CsvRows::open(reader, columns)?))),
        }
    }
}
