//! The stores of a data dir, opened the same way by every command.

use anyhow::Result;
use journal::{JournalOptions, SqliteJournal};
use search::SearchIndex;
use state::Database;

use crate::{brands, config::Config, data_dir::DataDir};

/// Opens `state.db` with the tables of every component.
pub fn open_state(data_dir: &DataDir) -> Result<Database> {
    let migrations = [web::MIGRATIONS, casework::MIGRATIONS, alerting::MIGRATIONS, brands::MIGRATIONS];
    Ok(Database::open(&data_dir.join("state.db"), &migrations)?)
}

/// Opens `journal.db`; a running program and an import may have it open together.
pub fn open_journal(data_dir: &DataDir, config: &Config) -> Result<SqliteJournal> {
    let options =
        JournalOptions { max_bytes: config.journal.max_megabytes << 20, ..JournalOptions::default() };
    Ok(SqliteJournal::open(&data_dir.join("journal.db"), options)?)
}

/// Opens the full-text index to write to it.
pub fn open_search(data_dir: &DataDir) -> Result<SearchIndex> {
    Ok(SearchIndex::open(&data_dir.join("search"))?)
}

/// Opens the full-text index beside the program that writes to it.
pub fn open_search_read_only(data_dir: &DataDir) -> Result<SearchIndex> {
    Ok(SearchIndex::open_read_only(&data_dir.join("search"))?)
}
