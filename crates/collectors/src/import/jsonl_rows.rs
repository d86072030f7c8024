//! JSONL: an object a line.

use std::{
    collections::BTreeMap,
    io::{BufRead, Read},
};

use domain::Mention;
use serde_json::{Map, Value};

use super::{ColumnMapping, Field, MAX_ROW_BYTES, decode, file::Row, row::Content};

/// How much of a line that is skipped is held at a time.
const SKIPPED_AT_A_TIME: u64 = 64 * 1024;

/// The lines of a file.
pub(super) struct JsonlRows<R> {
    reader: R,
    columns: ColumnMapping,
    line: u64,
    bytes_read: u64,
    /// The file cannot be read any further.
    ended: bool,
}

impl<R: BufRead> JsonlRows<R> {
    pub(super) fn new(reader: R, columns: ColumnMapping) -> Self {
        Self { reader, columns, line: 0, bytes_read: 0, ended: false }
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> Option<Row> {
        let mut line = Vec::new();
        while !self.ended {
            line.clear();
            self.line += 1;
            let content = match self.read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) if line.len() > MAX_ROW_BYTES => self.skip_line(),
                Ok(_) if line.trim_ascii().is_empty() => continue,
                Ok(_) => self.content(&decode(&line)),
                Err(error) => {
                    self.ended = true;
                    Err(format!("the file cannot be read any further: {error}"))
                }
            };
            return Some(Row { line: self.line, content });
        }
        None
    }

    fn read_line(&mut self, line: &mut Vec<u8>) -> std::io::Result<usize> {
        let read = self.reader.by_ref().take(MAX_ROW_BYTES as u64 + 1).read_until(b'\n', line)?;
        self.bytes_read += read as u64;
        Ok(read)
    }

    /// Reads over the rest of a line that is too long to be held.
    fn skip_line(&mut self) -> Result<Content, String> {
        let mut piece = Vec::new();
        loop {
            piece.clear();
            let read = self.reader.by_ref().take(SKIPPED_AT_A_TIME).read_until(b'\n', &mut piece);
            let read = read.unwrap_or(0);
            self.bytes_read += read as u64;
            if read == 0 || piece.ends_with(b"\n") {
                return Err(format!("the line is longer than {} MB", MAX_ROW_BYTES >> 20));
            }
        }
    }

    fn content(&self, line: &str) -> Result<Content, String> {
        let parsed =
            serde_json::from_str(line.trim()).map_err(|error| format!("this is no JSON object: {error}"))?;
        let mut object: Map<String, Value> = parsed;
        // A tagged mention holds the mention; the tags are found again.
        if let Some(Value::Object(mention)) = object.remove("mention") {
            object = mention;
        }
        if object.contains_key("key") && object.contains_key("version_at") {
            let mention: Mention = serde_json::from_value(Value::Object(object))
                .map_err(|error| format!("this looks like a mention of Vigie, but {error}"))?;
            return Ok(Content::Exported(Box::new(mention)));
        }
        for nested in ["key", "engagement"] {
            if let Some(Value::Object(inner)) = object.remove(nested) {
                object.extend(inner);
            }
        }
        let fields = self.columns.fields(object.keys().map(String::as_str));
        let mut values = BTreeMap::new();
        for ((name, value), field) in object.iter().zip(fields) {
            let Some(field) = field else { continue };
            if let Some(value) =
                plain(value).map_err(|what| format!("{name:?} is {what}, not a text or number"))?
            {
                values.insert(field, value);
            }
        }
        if !values.contains_key(&Field::Text) && !values.contains_key(&Field::Title) {
            let names: Vec<&str> = object.keys().map(String::as_str).take(20).collect();
            return Err(format!(
                "none of {} holds a text; say which does: --columns text=NAME",
                names.join(", ")
            ));
        }
        Ok(Content::Fields(values))
    }
}

/// A value as text; none for null and blank ones.
fn plain(value: &Value) -> Result<Option<String>, &'static str> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Array(_) => return Err("a list"),
        Value::Object(_) => return Err("an object"),
    };
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}
