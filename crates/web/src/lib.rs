#![doc = include_str!("../README.md")]

mod address;
mod api;
mod app;
mod assets;
pub mod auth;
mod case_view;
mod context;
mod error;
mod health;
pub mod i18n;
mod icons;
mod incident_view;
mod metrics;
mod pages;
mod parameters;
mod period;
mod router;
mod search_view;
mod security;
mod serve;
mod state;
mod stream;
#[cfg(test)]
mod test_support;
mod trends_view;
mod view;

pub use auth::MIGRATIONS;
pub use health::{Part, PartState};
pub use metrics::Metrics;
pub use router::router;
pub use serve::{ServeError, Server, TlsFiles, WebOptions, serve};
pub use state::{Explain, SourceRow, WebState};

#[cfg(test)]
mod tests;
