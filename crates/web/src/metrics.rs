//! Counters in the Prometheus text format.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::header::CONTENT_TYPE,
    middleware::Next,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use tokio::time::Instant;

use crate::{app::App, error::WebError, health, security::loggable};

/// The registry of the program and the counters of the pages. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    pub(crate) streams: Gauge,
    part_up: Family<PartLabels, Gauge>,
    reader_lag: Family<ReaderLabels, Gauge>,
    reader_applied: Family<ReaderLabels, Gauge>,
    journal_entries: Family<LogLabels, Gauge>,
    journal_bytes: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartLabels {
    part: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReaderLabels {
    reader: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LogLabels {
    log: String,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(Registry::default())
    }
}

impl Metrics {
    /// Adds the counters of the pages to those that the program registered already.
    pub fn new(mut registry: Registry) -> Self {
        let metrics = Self {
            registry: Arc::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.001, 4.0, 8))),
            streams: Gauge::default(),
            part_up: Family::default(),
            reader_lag: Family::default(),
            reader_applied: Family::default(),
            journal_entries: Family::default(),
            journal_bytes: Gauge::default(),
        };
        registry.register("vigie_http_requests", "Requests answered", metrics.requests.clone());
        registry.register_with_unit(
            "vigie_http_request_duration",
            "Time until the answer began",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register(
            "vigie_live_streams",
            "Open pages that listen to live events",
            metrics.streams.clone(),
        );
        registry.register("vigie_part_up", "1 where a part of the program works", metrics.part_up.clone());
        registry.register(
            "vigie_reader_lag_entries",
            "Entries a reader has still to read",
            metrics.reader_lag.clone(),
        );
        registry.register(
            "vigie_reader_applied_mentions",
            "Mentions a reader applied since the start",
            metrics.reader_applied.clone(),
        );
        registry.register("vigie_journal_entries", "Entries held by a log", metrics.journal_entries.clone());
        registry.register_with_unit(
            "vigie_journal_size",
            "Size of the journal",
            Unit::Bytes,
            metrics.journal_bytes.clone(),
        );
        *metrics.registry.lock().unwrap_or_else(PoisonError::into_inner) = registry;
        metrics
    }

    fn observe(&self, method: &str, route: &str, status: u16, elapsed: Duration) {
        let labels = RequestLabels { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&RouteLabels { route: route.to_owned() }).observe(elapsed.as_secs_f64());
    }
}

/// Counts requests by route, never by path: paths are many and may hold personal data.
pub(crate) async fn count_requests(State(app): State<App>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |route| route.as_str().to_owned());
    let method = request.method().clone();
    let path = loggable(request.uri()).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    tracing::debug!(%method, path, status, milliseconds = start.elapsed().as_millis(), "request");
    app.metrics.observe(method.as_str(), &route, status, start.elapsed());
    response
}

/// `GET /metrics`
pub(crate) async fn show(State(app): State<App>) -> Result<Response, WebError> {
    let metrics = &app.metrics;
    for part in health::check(&app).await {
        metrics.part_up.get_or_create(&PartLabels { part: part.name }).set(i64::from(part.error.is_none()));
    }
    for (reader, status) in app.readers.iter() {
        let labels = ReaderLabels { reader: (*reader).to_owned() };
        metrics.reader_applied.get_or_create(&labels).set(status.applied().cast_signed());
    }
    if let Ok(stats) = app.journal.stats().await {
        metrics.journal_bytes.set(stats.bytes.cast_signed());
        for log in stats.logs {
            let labels = LogLabels { log: log.log.as_str().to_owned() };
            metrics.journal_entries.get_or_create(&labels).set(log.entries.cast_signed());
            for reader in log.readers {
                let labels = ReaderLabels { reader: reader.reader };
                metrics.reader_lag.get_or_create(&labels).set(reader.lag.cast_signed());
            }
        }
    }
    let mut text = String::new();
    encode(&mut text, &metrics.registry.lock().unwrap_or_else(PoisonError::into_inner))
        .map_err(WebError::internal)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}
