//! Tells incidents to other programs: a webhook, signed, delivered at least once.
//!
//! A notification is written down in the transaction that opens or resolves its incident (`outbox`), and delivered by a task
//! of its own ([`Notifier::run`]), which tries again for a day before it gives up.

mod config;
mod deliver;
pub(crate) mod outbox;
mod payload;

pub use config::{WebhookConfig, WebhookError};
pub use deliver::{Notifier, sign};
pub use outbox::Delivery;

/// Why a notification is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// An incident opened.
    Opened,
    /// It is over.
    Resolved,
}

impl Occasion {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "incident.opened",
            Self::Resolved => "incident.resolved",
        }
    }
}
