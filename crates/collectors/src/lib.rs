#![doc = include_str!("../README.md")]

mod clean;
mod collector;
mod config;
mod health;
pub mod http;
pub mod import;
mod post;
pub mod registry;
mod relevance;
mod scheduler;
mod sources;

pub use collector::{CollectError, Collector, Page};
pub use config::{MAX_EVERY_SECONDS, MIN_EVERY_SECONDS, SourceConfig, SourceConfigError, SourceSettings};
pub use health::{HealthBoard, SourceHealth};
pub use http::{FetchError, HttpClient, HttpClientError, HttpOptions};
pub use post::Post;
pub use relevance::{Relevance, RelevanceError};
pub use scheduler::Scheduler;
