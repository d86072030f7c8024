//! The sources against servers that answer in the recorded shapes, and imports of whole files.
#![allow(clippy::unwrap_used)]

mod http;
mod import;
mod mastodon;
mod rss;

use std::{path::PathBuf, time::Duration};

use vigie_collectors::{HttpClient, HttpOptions, SourceConfig};
use wiremock::MockServer;

/// A client that may ask the servers of the tests, and that does not keep a test waiting.
fn client() -> HttpClient {
    HttpClient::new(options()).unwrap()
}

fn options() -> HttpOptions {
    HttpOptions {
        allow_private_addresses: true,
        first_pause: Duration::from_millis(2),
        ..HttpOptions::default()
    }
}

fn rss(server: &MockServer) -> SourceConfig {
    source(serde_json::json!({"type": "rss", "name": "presse", "url": format!("{}/feed", server.uri())}))
}

fn source(entry: serde_json::Value) -> SourceConfig {
    serde_json::from_value(entry).unwrap()
}

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path)
}

fn read_fixture(path: &str) -> String {
    std::fs::read_to_string(fixture(path)).unwrap()
}
