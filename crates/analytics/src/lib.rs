#![doc = include_str!("../README.md")]

mod buckets;
mod client;
mod engine;
mod error;
mod migrations;
mod plan;
mod questions;
mod rows;
mod trends;
mod writer;

pub use client::{Analytics, ServerOptions};
pub use engine::{Engine, EngineError, EngineOptions, run_engine_host};
pub use error::AnalyticsError;
pub use trends::{BrandShare, Bucket, CauseCount, TimelinePoint, Totals, TrendFilter};
