#![doc = include_str!("../README.md")]

mod database;
mod error;
mod migrations;

pub use database::Database;
pub use error::StateError;
pub use migrations::Migrations;
/// The SQLite client, so that every crate above speaks to the same version of it.
pub use rusqlite;
