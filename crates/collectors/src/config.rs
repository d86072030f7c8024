//! `[[sources]]` of the configuration: which place is read, and how often.

use std::{fmt::Debug, sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Map, Value};

use crate::{Collector, HttpClient, registry};

/// A source is never asked more often than this.
pub const MIN_EVERY_SECONDS: u64 = 15;
/// A source is asked at least once a day, so that a wrong number is noticed.
pub const MAX_EVERY_SECONDS: u64 = 24 * 60 * 60;

/// What one source's collector needs to know, checked when it is read.
pub trait SourceSettings: Debug + Send + Sync {
    /// The name of the collector where none is configured.
    fn default_name(&self) -> String;

    /// How often the source is asked where nothing is configured.
    fn default_every(&self) -> Duration;

    /// The collector.
    fn collector(&self, http: &HttpClient) -> Box<dyn Collector>;
}

/// One entry of `[[sources]]`: `type`, an optional `name`, an optional `every_seconds`, and what the type needs.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// The source that mentions are filed under, such as `mastodon`: the `type`.
    pub source: &'static str,
    /// The collector's own name: its cursor and its health go by it.
    pub name: String,
    /// How often the source is asked.
    pub every: Duration,
    settings: Arc<dyn SourceSettings>,
}

/// An entry of `[[sources]]` is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceConfigError {
    /// No `type`.
    #[error("a source needs a type, one of: {known}")]
    NoType {
        /// The types there are.
        known: String,
    },
    /// A `type` that the registry does not have.
    #[error("there is no source of type {given:?}; use one of: {known}")]
    UnknownType {
        /// As it is written.
        given: String,
        /// The types there are.
        known: String,
    },
    /// A key that is unknown, missing or wrong.
    #[error("source of type {source_type:?}: {reason}")]
    Settings {
        /// The type.
        source_type: &'static str,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// Two collectors would share a cursor.
    #[error("two sources are named {0:?}; give each a name of its own")]
    SameName(String),
}

/// What every type of source has.
#[derive(Deserialize)]
struct Common {
    name: Option<String>,
    every_seconds: Option<u64>,
}

impl TryFrom<Map<String, Value>> for SourceConfig {
    type Error = SourceConfigError;

    fn try_from(mut entry: Map<String, Value>) -> Result<Self, SourceConfigError> {
        let known = || registry::SOURCES.map(|registration| registration.source_type).join(", ");
        let Some(Value::String(given)) = entry.remove("type") else {
            return Err(SourceConfigError::NoType { known: known() });
        };
        let Some(registration) = registry::SOURCES.into_iter().find(|known| known.source_type == given)
        else {
            return Err(SourceConfigError::UnknownType { given, known: known() });
        };
        let source_type = registration.source_type;
        let wrong = |reason: String| SourceConfigError::Settings { source_type, reason };
        let common: Map<String, Value> =
            ["name", "every_seconds"].into_iter().filter_map(|key| entry.remove_entry(key)).collect();
        let common: Common =
            serde_json::from_value(Value::Object(common)).map_err(|error| wrong(error.to_string()))?;
        let settings = (registration.read)(Value::Object(entry)).map_err(wrong)?;
        let name = common.name.unwrap_or_else(|| settings.default_name());
        if name.trim().is_empty() || name.len() > 200 || name.contains(char::is_control) {
            return Err(wrong("name must be 1 to 200 characters of text".to_owned()));
        }
        let every = match common.every_seconds {
            None => settings.default_every(),
            Some(seconds) if (MIN_EVERY_SECONDS..=MAX_EVERY_SECONDS).contains(&seconds) => {
                Duration::from_secs(seconds)
            }
            Some(seconds) => {
                return Err(wrong(format!(
                    "every_seconds is {seconds}; use {MIN_EVERY_SECONDS} to {MAX_EVERY_SECONDS}"
                )));
            }
        };
        Ok(Self { source: source_type, name, every, settings })
    }
}

impl<'de> Deserialize<'de> for SourceConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entry = Map::deserialize(deserializer)?;
        Self::try_from(entry).map_err(D::Error::custom)
    }
}

impl SourceConfig {
    /// The collector that reads this source.
    pub fn collector(&self, http: &HttpClient) -> Box<dyn Collector> {
        self.settings.collector(http)
    }

    /// Checks that no two collectors share a name, and so a cursor.
    ///
    /// # Errors
    /// Two do.
    pub fn check_names(sources: &[Self]) -> Result<(), SourceConfigError> {
        for (index, source) in sources.iter().enumerate() {
            if sources[..index].iter().any(|other| other.name == source.name) {
                return Err(SourceConfigError::SameName(source.name.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(entry: Value) -> Result<SourceConfig, String> {
        serde_json::from_value(entry).map_err(|error| error.to_string())
    }

    #[test]
    fn names_and_paces_have_defaults() {
        let source =
            read(json!({"type": "rss", "url": "https://depeche.example/rss.xml?key=secret"})).unwrap();
        assert_eq!((source.source, source.name.as_str()), ("rss", "rss:depeche.example/rss.xml"));
        assert_eq!(source.every, Duration::from_secs(300));
        let source = read(
            json!({"type": "mastodon", "instance": "a.example", "hashtags": ["a"], "every_seconds": 30}),
        );
        assert_eq!(source.unwrap().every, Duration::from_secs(30));
    }

    #[test]
    fn mistakes_are_explained() {
        let error = |entry| read(entry).unwrap_err();
        assert!(error(json!({"url": "https://a.example"})).contains("one of: mastodon, rss"));
        assert!(error(json!({"type": "rsss"})).contains("no source of type \"rsss\""));
        let unknown = error(json!({"type": "rss", "url": "https://a.example", "hashtags": []}));
        assert!(unknown.contains("hashtags") && unknown.contains("url"), "{unknown}");
        assert!(error(json!({"type": "rss"})).contains("missing field `url`"));
        let fast = error(json!({"type": "rss", "url": "https://a.example", "every_seconds": 1}));
        assert!(fast.contains("use 15 to 86400"), "{fast}");
        assert!(error(json!({"type": "rss", "url": "https://a.example", "name": " "})).contains("name"));
    }

    #[test]
    fn two_sources_cannot_share_a_name() {
        let source = || read(json!({"type": "rss", "url": "https://a.example"})).unwrap();
        assert!(SourceConfig::check_names(&[source()]).is_ok());
        let error = SourceConfig::check_names(&[source(), source()]).unwrap_err();
        assert_eq!(error, SourceConfigError::SameName("rss:a.example".to_owned()));
    }
}
