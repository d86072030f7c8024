//! The sources there are: one line each.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    SourceSettings,
    sources::{mastodon::MastodonSettings, rss::RssSettings},
};

/// How a type of source is configured.
#[derive(Debug, Clone, Copy)]
pub struct Registration {
    /// The `type` in the configuration; mentions are filed under it.
    pub source_type: &'static str,
    /// Reads and checks the rest of the entry. The error says what is wrong and what would be right.
    pub read: fn(Value) -> Result<Arc<dyn SourceSettings>, String>,
}

/// Every type of source.
pub const SOURCES: [Registration; 2] = [
    Registration { source_type: "mastodon", read: read::<MastodonSettings> },
    Registration { source_type: "rss", read: read::<RssSettings> },
];

fn read<S: SourceSettings + DeserializeOwned + 'static>(
    entry: Value,
) -> Result<Arc<dyn SourceSettings>, String> {
    match serde_json::from_value::<S>(entry) {
        Ok(settings) => Ok(Arc::new(settings)),
        Err(error) => Err(error.to_string()),
    }
}
