#![doc = include_str!("../README.md")]

mod actions;
mod baseline;
mod detector;
mod error;
mod grouping;
mod incident;
pub mod notify;
mod observation;
mod reader;
mod rows;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{BrandId, Series};
use state::{Database, Migrations};

use crate::detector::BrandState;
pub use error::IncidentError;
pub use notify::{Delivery, Notifier, WebhookConfig, WebhookError};
pub use reader::Detector;

/// The tables of incidents, baselines and notifications.
pub const MIGRATIONS: Migrations = Migrations { component: "alerting", steps: &[include_str!("schema.sql")] };

/// Where incidents are told, shared by whoever writes notifications down.
pub(crate) type Webhooks = Arc<[WebhookConfig]>;

/// The incidents. Clones share them.
#[derive(Clone)]
pub struct Alerting {
    database: Database,
    webhooks: Webhooks,
}

/// How many mentions of a series were published in an hour, to warm a baseline up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HourCount {
    /// A moment in the hour.
    pub at: DateTime<Utc>,
    /// The series.
    pub series: Series,
    /// Mentions.
    pub mentions: u16,
}

impl Alerting {
    /// The incidents in this database, which must have [`MIGRATIONS`], told to these webhooks.
    pub fn new(database: Database, webhooks: &[WebhookConfig]) -> Self {
        Self { database, webhooks: Arc::from(webhooks) }
    }

    /// The stage that watches the tagged log.
    pub fn reader(&self) -> Detector {
        Detector::new(self.database.clone(), self.webhooks.clone())
    }

    /// Gives a brand without a baseline one from its history; returns false, and changes nothing, if it has one. Call it before
    /// the reader runs.
    ///
    /// # Errors
    /// The store failed.
    pub async fn warm_up(&self, brand: &BrandId, history: &[HourCount]) -> Result<bool, IncidentError> {
        let Some(first) = history.first() else { return Ok(false) };
        let mut state = BrandState::new(first.at);
        for count in history {
            state.memory.counts.add(count.series, count.at, count.mentions);
        }
        let brand = brand.clone();
        self.database
            .write(move |transaction| {
                if rows::brand_state(transaction, &brand)?.is_some() {
                    return Ok(false);
                }
                rows::save_brand_state(transaction, &brand, &state)?;
                Ok(true)
            })
            .await
    }
}
