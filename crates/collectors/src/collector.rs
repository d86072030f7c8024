//! What a source's collector is: one page of posts at a time, from a cursor.

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};

use crate::{FetchError, Post};

/// Reads one source.
#[async_trait]
pub trait Collector: Send + Sync {
    /// The next page behind the cursor; without one, the newest posts there are.
    ///
    /// A collector keeps nothing between two calls: where it stands is in the cursor alone, because only the cursor is durable
    /// together with the posts. The same cursor gives the same page again, or a later version of it.
    async fn page(&self, cursor: Option<&str>) -> Result<Page, CollectError>;
}

/// What one call brings.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The posts, in any order.
    pub posts: Vec<Post>,
    /// Where to go on, once the posts are durable.
    pub cursor: String,
    /// Whether more is waiting right now.
    pub more: bool,
}

/// Why a page could not be read. The message stands on the page of the sources, for whoever configured them.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It was fetched, but is not what the source should give.
    #[error("{0}")]
    Content(String),
}

/// The cursor as the collector wrote it. One that cannot be read counts as none: reading again what is known does no harm.
pub(crate) fn read_cursor<C: DeserializeOwned>(cursor: Option<&str>) -> Option<C> {
    let cursor = cursor?;
    match serde_json::from_str(cursor) {
        Ok(read) => Some(read),
        Err(error) => {
            tracing::warn!(%error, "a cursor cannot be read, so its source is read from the newest post on");
            None
        }
    }
}

pub(crate) fn write_cursor(cursor: &impl Serialize) -> String {
    serde_json::to_string(cursor).expect("cursors are structs of texts and numbers")
}
