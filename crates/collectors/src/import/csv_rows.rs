//! CSV: comma, semicolon or tab, with a first line that names the columns.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Read},
};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::{
    ColumnMapping, Field, MAX_ROW_BYTES, decode,
    file::{OpenError, Row},
    row::Content,
};

/// The records of a file.
pub(super) struct CsvRows<R> {
    reader: Reader<Lines<R>>,
    /// What each column holds.
    fields: Vec<Option<Field>>,
    /// The file cannot be read any further.
    ended: bool,
}

/// What the CSV parser reads: lines that all end with `\n`, the last one too, so that lines can be counted; and no more of them for one
/// record than a post can have, because behind a quotation mark that nothing closes the rest of the file is one record.
struct Lines<R> {
    inner: R,
    /// What the record may still read.
    left: usize,
    bytes_read: u64,
    after_carriage_return: bool,
    last: u8,
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            return Err(io::Error::other(
                "a record is longer than 4 MB; is there a quotation mark that nothing closes?",
            ));
        }
        loop {
            let available = self.inner.fill_buf()?;
            let mut written = 0;
            let mut consumed = 0;
            for byte in available {
                if written == buffer.len().min(self.left) {
                    break;
                }
                consumed += 1;
                let ends_pair = *byte == b'\n' && self.after_carriage_return;
                self.after_carriage_return = *byte == b'\r';
                if !ends_pair {
                    buffer[written] = if *byte == b'\r' { b'\n' } else { *byte };
                    written += 1;
                }
            }
            if available.is_empty() && self.last != b'\n' {
                buffer[0] = b'\n';
                written = 1;
            }
            let is_end = available.is_empty();
            self.inner.consume(consumed);
            self.bytes_read += consumed as u64;
            self.left -= written;
            if written > 0 {
                self.last = buffer[written - 1];
            }
            if written > 0 || is_end {
                return Ok(written);
            }
        }
    }
}

impl<R: BufRead> CsvRows<R> {
    /// Finds the separator, and what each column holds.
    pub(super) fn open(mut inner: R, columns: &ColumnMapping) -> Result<Self, OpenError> {
        let separator = separator(inner.fill_buf()?);
        let lines =
            Lines { inner, left: MAX_ROW_BYTES, bytes_read: 0, after_carriage_return: false, last: b'\n' };
        let mut reader =
            ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(lines);
        let mut header = ByteRecord::new();
        reader.read_byte_record(&mut header).map_err(|error| OpenError::Format(reason(error)))?;
        let names: Vec<String> = header.iter().map(|name| decode(name).trim().to_owned()).collect();
        if let Some(missing) = columns.missing_from(&names) {
            let names = names.join(", ");
            return Err(OpenError::Format(format!("there is no column {missing:?}; the file has {names}")));
        }
        let fields = columns.fields(names.iter().map(String::as_str));
        if !fields.contains(&Some(Field::Text)) && !fields.contains(&Some(Field::Title)) {
            let names: Vec<&str> = names.iter().map(String::as_str).take(30).collect();
            return Err(OpenError::Format(format!(
                "none of the columns ({}) is known to hold the text; say which does: --columns text=COLUMN",
                names.join(", ")
            )));
        }
        Ok(Self { reader, fields, ended: false })
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.reader.get_ref().bytes_read
    }

    /// The next record that is not empty.
    pub(super) fn next(&mut self) -> Option<Row> {
        let mut record = ByteRecord::new();
        while !self.ended {
            self.reader.get_mut().left = MAX_ROW_BYTES;
            let line_before = self.reader.position().line();
            match self.reader.read_byte_record(&mut record) {
                Ok(false) => return None,
                Ok(true) if record.iter().all(|value| value.trim_ascii().is_empty()) => {}
                Ok(true) => {
                    // The parser is at the line behind the record, and counts empty lines before it to it.
                    let inside = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
                    let line = self.reader.position().line().saturating_sub(inside + 1);
                    return Some(Row { line, content: self.content(&record) });
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Row { line: line_before, content: Err(reason(error)) });
                }
            }
        }
        None
    }

    fn content(&self, record: &ByteRecord) -> Result<Content, String> {
        let surplus = record.iter().skip(self.fields.len()).any(|value| !value.trim_ascii().is_empty());
        if surplus || record.len() < self.fields.len() {
            return Err(format!(
                "the row has {} values, the first line names {} columns; is a quotation mark or a separator missing?",
                record.len(),
                self.fields.len()
            ));
        }
        let mut values = BTreeMap::new();
        for (value, field) in record.iter().zip(&self.fields) {
            let value = decode(value);
            if let Some(field) = field
                && !value.trim().is_empty()
            {
                values.insert(*field, value.into_owned());
            }
        }
        Ok(Content::Fields(values))
    }
}

fn reason(error: csv::Error) -> String {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => format!("the file cannot be read any further: {error}"),
        other => format!("the file cannot be read any further: {other:?}"),
    }
}

/// What the first line separates most of its columns with, outside of quotation marks.
fn separator(beginning: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in beginning {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            byte if !quoted => {
                if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| sign == byte) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    // The comma wins where there is nothing to tell by.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| *sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_told_by_the_first_line() {
        for (line, expected) in [
            ("date,texte\n;;;;;", b','),
            ("date;\"texte, avis, note\";note\n", b';'),
            ("date\ttexte", b'\t'),
            ("texte\n", b','),
            ("", b','),
        ] {
            assert_eq!(separator(line.as_bytes()), expected, "{line:?}");
        }
    }

    #[test]
    fn rows_are_known_by_the_line_they_begin_at_whatever_ends_the_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let lines = ["texte", "un", "", "\"deux", "trois\"", "", "", "quatre"];
            let text = lines.join(end);
            let Ok(mut rows) = CsvRows::open(text.as_bytes(), &ColumnMapping::default()) else {
                panic!("not opened")
            };
            let numbers: Vec<u64> = std::iter::from_fn(|| rows.next()).map(|row| row.line).collect();
            assert_eq!(numbers, [2, 4, 8], "{end:?}");
            assert_eq!(rows.bytes_read(), text.len() as u64);
        }
    }

    #[test]
    fn a_quotation_mark_that_nothing_closes_is_not_held_in_memory() {
        let text = format!("texte\nbien\n\"{}", "x\n".repeat(3 * MAX_ROW_BYTES));
        let Ok(mut rows) = CsvRows::open(text.as_bytes(), &ColumnMapping::default()) else {
            panic!("not opened")
        };
        assert!(rows.next().is_some_and(|row| row.content.is_ok() && row.line == 2));
        let last = rows.next().unwrap();
        assert!(last.content.unwrap_err().contains("nothing closes"));
        assert_eq!(last.line, 3);
        assert!(rows.next().is_none());
    }
}
