#![doc = include_str!("../README.md")]

mod collect;
mod error;
mod excluded;
mod hit;
mod index;
mod positions;
mod schema;
mod translate;
mod writer;

pub use error::SearchError;
pub use hit::{Facets, Hit, PageRequest, SearchPage};
pub use index::SearchIndex;

#[cfg(test)]
mod tests;
