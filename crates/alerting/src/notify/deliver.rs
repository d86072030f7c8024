//! Sends what the outbox holds.

use std::{collections::HashMap, error::Error, time::Duration};

use chrono::Utc;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, header::CONTENT_TYPE, redirect::Policy};
use sha2::Sha256;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{WebhookError, outbox};
use crate::{Alerting, IncidentError};

/// How often the outbox is looked into.
const LOOK: Duration = Duration::from_secs(1);
/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The task that delivers notifications.
pub struct Notifier {
    alerting: Alerting,
    client: Client,
    targets: HashMap<String, Target>,
}

struct Target {
    url: Url,
    secret: String,
}

impl Notifier {
    /// Reads the secrets and prepares the client.
    ///
    /// # Errors
    /// A webhook has no usable secret or address.
    pub fn new(alerting: &Alerting) -> Result<Self, WebhookError> {
        // The process may have chosen its provider already; either is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A receiver that redirects is configured wrongly, and the signature is meant for one address.
        let client = Client::builder()
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .user_agent(concat!("Vigie/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let targets = alerting.webhooks.iter().map(|webhook| {
            let secret = webhook.secret()?;
            Ok((webhook.name.clone(), Target { url: webhook.url.clone(), secret }))
        });
        let targets = targets.collect::<Result<_, WebhookError>>()?;
        Ok(Self { alerting: alerting.clone(), client, targets })
    }

    /// Delivers until `shutdown`. Without webhooks there is nothing to do.
    pub async fn run(self, shutdown: CancellationToken) {
        if self.targets.is_empty() {
            return;
        }
        loop {
            if let Err(error) = self.deliver_due().await {
                tracing::error!(%error, "notifications cannot be read, trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Tries everything whose time has come, once; returns how many were tried.
    ///
    /// # Errors
    /// The store failed.
    pub async fn deliver_due(&self) -> Result<usize, IncidentError> {
        let database = &self.alerting.database;
        let due = database.read(|connection| outbox::due(connection, Utc::now())).await?;
        let tried = due.len();
        for waiting in due {
            let outcome = match self.targets.get(&waiting.webhook) {
                Some(target) => self.send(target, waiting.id, &waiting.body).await,
                None => Err("this webhook is no longer configured".to_owned()),
            };
            if let Err(reason) = &outcome {
                tracing::warn!(
                    webhook = waiting.webhook,
                    delivery = waiting.id,
                    reason,
                    "notification failed, it will be tried again"
                );
            }
            database
                .write(move |transaction| outbox::record(transaction, &waiting, &outcome, Utc::now()))
                .await?;
        }
        Ok(tried)
    }

    async fn send(&self, target: &Target, delivery: i64, body: &str) -> Result<(), String> {
        let timestamp = Utc::now().timestamp().to_string();
        let signature = sign(&target.secret, &timestamp, body);
        let request = self
            .client
            .post(target.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("X-Vigie-Timestamp", timestamp)
            .header("X-Vigie-Signature", format!("sha256={signature}"))
            .header("X-Vigie-Delivery", delivery)
            .body(body.to_owned());
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(format!("the receiver answered {}", response.status())),
            // The address may hold a token, so it is not repeated.
            Err(error) => Err(root_cause(&error.without_url())),
        }
    }
}

fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The signature of a notification: HMAC-SHA256 (RFC 2104) of `timestamp.body`, in lower-case hexadecimal. The receiver
/// computes the same, compares in constant time, and refuses timestamps of more than five minutes ago.
pub fn sign(secret: &str, timestamp: &str, body: &str) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    hmac.update(timestamp.as_bytes());
    hmac.update(b".");
    hmac.update(body.as_bytes());
    hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
