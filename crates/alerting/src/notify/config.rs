//! Where incidents are told, as the configuration names it.

use std::{env, fs, path::PathBuf};

use domain::BrandId;
use serde::Deserialize;
use url::Url;

/// The shortest secret that is accepted.
const SHORTEST_SECRET: usize = 16;

/// `[[webhooks]]`: a program that hears of incidents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// The name in logs and in the list of deliveries.
    pub name: String,
    /// Where to send to.
    pub url: Url,
    /// The file that holds the secret of the signature.
    pub secret_file: Option<PathBuf>,
    /// Or the environment variable that does.
    pub secret_env: Option<String>,
    /// Only incidents of these brands; without, of all.
    pub brands: Option<Vec<BrandId>>,
}

/// Why a webhook cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Only HTTP can be spoken.
    #[error("webhook {0}: its url must begin with https:// or http://")]
    Scheme(String),
    /// A signature needs a secret.
    #[error("webhook {0}: set secret_file, or secret_env, so that the receiver can check who sends")]
    NoSecret(String),
    /// The secret is not where it should be.
    #[error("webhook {name}: cannot read its secret from {place}: {reason}")]
    Secret {
        /// The webhook.
        name: String,
        /// The file or variable.
        place: String,
        /// Why not.
        reason: String,
    },
    /// The secret can be guessed.
    #[error(
        "webhook {0}: its secret has fewer than {SHORTEST_SECRET} characters; use a longer one, such as the output of `openssl rand -hex 32`"
    )]
    ShortSecret(String),
    /// The HTTP client could not be made.
    #[error("cannot prepare the webhooks: {0}")]
    Client(#[from] reqwest::Error),
}

impl WebhookConfig {
    /// Whether incidents of this brand are told here.
    pub(crate) fn wants(&self, brand: &BrandId) -> bool {
        self.brands.as_ref().is_none_or(|brands| brands.contains(brand))
    }

    /// Reads the secret, and checks what a type cannot say.
    ///
    /// # Errors
    /// The address is not HTTP, or there is no usable secret.
    pub fn secret(&self) -> Result<String, WebhookError> {
        let name = || self.name.clone();
        if !matches!(self.url.scheme(), "http" | "https") {
            return Err(WebhookError::Scheme(name()));
        }
        let failed = |place: String, reason: String| WebhookError::Secret { name: name(), place, reason };
        let secret = match (&self.secret_file, &self.secret_env) {
            (Some(file), _) => fs::read_to_string(file)
                .map_err(|error| failed(file.display().to_string(), error.to_string()))?,
            (None, Some(variable)) => {
                env::var(variable).map_err(|error| failed(format!("${variable}"), error.to_string()))?
            }
            (None, None) => return Err(WebhookError::NoSecret(name())),
        };
        let secret = secret.trim().to_owned();
        if secret.len() < SHORTEST_SECRET {
            return Err(WebhookError::ShortSecret(name()));
        }
        Ok(secret)
    }
}
