//! Files in the ways people export them.

use std::{io::Write, path::Path, sync::Arc};

use domain::{Change, Mention, MentionKind};
use journal::{Journal, JournalOptions, SqliteJournal};
use proptest::prelude::*;
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;
use vigie_collectors::{
    Relevance,
    import::{ColumnMapping, ImportError, ImportFile, ImportOptions, import},
};

use crate::fixture;

fn options(columns: &[&str]) -> ImportOptions {
    let pairs: Vec<String> = columns.iter().map(|pair| (*pair).to_owned()).collect();
    let columns = ColumnMapping::parse(&pairs).unwrap();
    ImportOptions { brand: testkit::brand(), source: "import".to_owned(), columns }
}

fn relevance() -> Arc<Relevance> {
    Arc::new(Relevance::new(&[testkit::brand()], b"key").unwrap())
}

/// The mentions, and the lines of bad rows with what is wrong.
fn read(path: &Path, columns: &[&str]) -> (Vec<Mention>, Vec<(u64, String)>) {
    let (mut mentions, mut bad_rows) = (Vec::new(), Vec::new());
    for row in ImportFile::open(path, options(columns), relevance()).unwrap() {
        match row {
            Ok(mention) => mentions.push(mention),
            Err(error) => bad_rows.push((error.line, error.reason)),
        }
    }
    (mentions, bad_rows)
}

fn file(content: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

fn refusal(content: &[u8], columns: &[&str]) -> String {
    match ImportFile::open(file(content).path(), options(columns), relevance()) {
        Err(error @ ImportError::Format { .. }) => error.to_string(),
        _ => panic!("was not refused"),
    }
}

#[test]
fn a_french_export_of_a_spreadsheet() {
    let (mentions, bad_rows) = read(&fixture("import/avis.csv"), &[]);
    let texts: Vec<&str> = mentions.iter().map(|mention| mention.text.as_str()).collect();
    let first = "Colis perdu, \"service client\" injoignable;\ntroisième relance";
    assert_eq!(texts, [first, "Très bien", "Dernière ligne sans fin"]);
    assert_eq!(mentions[0].published_at.to_rfc3339(), "2026-11-24T09:05:00+00:00");
    assert_eq!((mentions[0].rating, mentions[1].rating), (Some(1.0), Some(4.0)));
    assert_eq!(mentions[0].kind, MentionKind::Review);
    assert_eq!(mentions[0].brands, [testkit::brand_id()]);
    assert_eq!(mentions[0].author, Some(relevance().pseudonym("import", "solène")));
    let lines: Vec<u64> = bad_rows.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [5, 6, 8, 9]);
    for ((_, reason), expected) in
        bad_rows.iter().zip(["no date", "has 4 values", "no rating", "neither text"])
    {
        assert!(reason.contains(expected), "{expected}: {reason}");
    }
}

#[test]
fn a_file_of_an_older_windows_program() {
    let (mentions, bad_rows) = read(&fixture("import/windows-1252.csv"), &[]);
    assert_eq!(mentions.len(), 1, "{bad_rows:?}");
    assert_eq!(mentions[0].text, "Déçu, très");
    assert_eq!(bad_rows[0].0, 2);
}

#[test]
fn objects_a_line_with_bad_ones_among_them() {
    let (mentions, bad_rows) = read(&fixture("import/posts.jsonl"), &[]);
    let ids: Vec<&str> = mentions.iter().map(|mention| mention.key.external_id.as_str()).collect();
    assert_eq!(ids, ["a1", "a2", "a5"]);
    assert_eq!(mentions[0].published_at, mentions[1].published_at);
    assert_eq!(mentions[0].engagement.likes, 12);
    assert_eq!(mentions[0].author_handle.as_deref(), Some("@Solene"));
    assert_eq!(mentions[1].text, "NUL au milieu");
    assert_eq!(mentions[1].kind, MentionKind::Post);
    assert_eq!(mentions[2].url, None);
    let lines: Vec<u64> = bad_rows.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [4, 5, 6, 8]);
    assert!(bad_rows[1].1.contains("id, note, url"), "{}", bad_rows[1].1);
}

#[test]
fn other_names_of_columns_can_be_given() {
    let content = b"quand\tce qui est dit\tetoile\n2026-01-02\tBien\t5\n";
    assert!(refusal(content, &[]).contains("--columns text=COLUMN"));
    assert!(refusal(content, &["text=Avis"]).contains("there is no column \"Avis\""));
    let (mentions, _) =
        read(file(content).path(), &["text=Ce qui est dit", "published_at=quand", "rating=étoile"]);
    assert_eq!((mentions[0].text.as_str(), mentions[0].rating), ("Bien", Some(5.0)));
    assert_eq!(mentions[0].published_at.to_rfc3339(), "2026-01-01T23:00:00+00:00");
}

#[test]
fn a_row_without_an_id_is_the_same_post_in_every_import() {
    let content = b"{\"text\": \"Colis perdu\"}\n{\"text\": \"Colis perdu\", \"author\": \"a\"}\n";
    let file = file(content);
    let (first, _) = read(file.path(), &[]);
    let (second, _) = read(file.path(), &[]);
    let identity = |mentions: &[Mention]| -> Vec<_> {
        mentions.iter().map(|mention| (mention.key.clone(), mention.version_at)).collect()
    };
    assert_eq!(identity(&first), identity(&second));
    assert_ne!(first[0].key, first[1].key);
}

#[test]
fn what_vigie_exported_comes_back_as_it_was() {
    let mut edited = testkit::mention(7, "Toujours rien");
    edited.change = Change::Edited;
    edited.version_at = testkit::at(60);
    edited.author_handle = None;
    edited.official = true;
    let deleted = Mention { change: Change::Deleted, text: String::new(), ..testkit::mention(8, "") };
    let tagged = testkit::tagged(9, "Colis perdu", &[]);
    let mut content = Vec::new();
    serde_json::to_writer(&mut content, &edited).unwrap();
    content.push(b'\n');
    serde_json::to_writer(&mut content, &deleted).unwrap();
    content.push(b'\n');
    serde_json::to_writer(&mut content, &tagged).unwrap();
    let flat = "\n{\"source\":\"avis\",\"external_id\":\"10\",\"text\":\"Bien\",\"author\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"official\":true}";
    content.extend(flat.as_bytes());
    let (mentions, bad_rows) = read(file(&content).path(), &[]);
    assert!(bad_rows.is_empty(), "{bad_rows:?}");
    let at = mentions[0].collected_at;
    assert_eq!(mentions[0], Mention { collected_at: at, ..edited });
    assert_eq!((mentions[1].change, mentions[1].version_at), (Change::Deleted, deleted.version_at));
    assert_eq!(mentions[2].key, tagged.mention.key);
    assert_eq!((mentions[3].key.source.as_str(), mentions[3].official), ("avis", true));
    assert_eq!(mentions[3].author.as_ref().map(String::len), Some(64));
    assert_eq!(mentions[3].author_handle, None);
}

#[test]
fn what_cannot_be_imported_is_named() {
    for (content, expected) in [
        (&b""[..], "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"PK\x03\x04zip", "spreadsheet"),
        (b"\xff\xfet\0", "UTF-16"),
        (b"[{\"text\": 1}]", "one JSON array"),
    ] {
        assert!(refusal(content, &[]).contains(expected), "{expected}");
    }
    assert!(ImportFile::open(Path::new("/nowhere/avis.csv"), options(&[]), relevance()).is_err());
    let opened = ImportFile::open(&std::env::temp_dir(), options(&[]), relevance());
    assert!(matches!(opened, Err(ImportError::Io { .. })));
}

#[test]
fn a_line_without_end_is_left_out_and_the_next_is_read() {
    let long = "x".repeat(9 << 20);
    let content = format!("{{\"text\": \"un\"}}\n{{\"text\": \"{long}\"}}\n{{\"text\": \"deux\"}}");
    let (mentions, bad_rows) = read(file(content.as_bytes()).path(), &[]);
    assert_eq!(mentions.len(), 2);
    assert_eq!(bad_rows, [(2, "the line is longer than 4 MB".to_owned())]);
}

#[tokio::test]
async fn a_file_reaches_the_journal_and_its_progress_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let journal =
        SqliteJournal::open(&directory.path().join("journal.db"), JournalOptions::default()).unwrap();
    let rows: String =
        (0..1_000).map(|row| format!("{{\"id\": {row}, \"text\": \"avis {row}\"}}\n")).collect();
    let file = file(format!("{rows}oups\n").as_bytes());
    let (mut last, mut bad_lines) = (0, Vec::new());
    let shutdown = CancellationToken::new();
    let report = import(file.path(), options(&[]), relevance(), &journal, &shutdown, |progress| {
        assert!(progress.bytes_read >= last && progress.bytes_read <= progress.total_bytes);
        last = progress.bytes_read;
        bad_lines.extend(progress.bad_rows.iter().map(|row| row.line));
    });
    let report = report.await.unwrap();
    assert_eq!((report.imported, report.bad_rows, report.interrupted), (1_000, 1, false));
    assert_eq!(bad_lines, [1_001]);
    let held = journal.read_collected(0, 2_000).await.unwrap();
    assert_eq!(held.len(), 1_000);
    assert_eq!(held[999].record.text, "avis 999");
}

#[tokio::test]
async fn an_import_into_a_full_journal_waits_and_can_be_ended() {
    let directory = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(
        &directory.path().join("journal.db"),
        JournalOptions { max_bytes: 1, ..JournalOptions::default() },
    )
    .unwrap();
    let file = file(b"{\"text\": \"un\"}");
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    let report = import(file.path(), options(&[]), relevance(), &journal, &shutdown, |_| {}).await.unwrap();
    assert!(report.interrupted);
    assert_eq!(report.imported, 0);
}

/// Bytes that look a little like the files that people have.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        Just(b"\"".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"text;date;note\n".to_vec()),
        Just(b"{\"text\": \"a\"}\n".to_vec()),
        Just(b"{\"key\": {\"source\": 1}, \"version_at\": 2}\n".to_vec()),
        Just("é\0;\t,\u{feff}".as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_bytes_panic(content in bytes()) {
        let file = file(&content);
        if let Ok(rows) = ImportFile::open(file.path(), options(&[]), relevance()) {
            for mention in rows.flatten() {
                prop_assert!(!mention.text.contains('\0'));
            }
        }
    }
}
