//! Why nothing could be fetched, in words for whoever configured the source.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header::HeaderMap};

use super::retry::asked_pause;

/// The client cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    /// The contact cannot stand in a header.
    #[error("the contact {0:?} cannot be part of a User-Agent; use an e-mail or web address in ASCII")]
    Contact(String),
    /// TLS could not be set up.
    #[error("the HTTP client cannot be prepared: {0}; is the package ca-certificates installed?")]
    Client(#[from] reqwest::Error),
}

/// Why there is no document. Messages name the host at most, because an address may hold a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address is none.
    #[error("the address is of no use: {reason}")]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// The address, or one it redirects to, is inside somebody's network.
    #[error(
        "{} a private address ({host}), which is not asked; if that is intended, set allow_private_addresses = true under [collectors]",
        if *redirected { "redirects to" } else { "is at" }
    )]
    PrivateAddress {
        /// The host.
        host: String,
        /// Whether the configured address is public and only redirects there.
        redirected: bool,
    },
    /// No connection.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// Why not.
        reason: String,
    },
    /// The connection broke.
    #[error("the answer of {host} broke off: {reason}")]
    Interrupted {
        /// The host.
        host: String,
        /// Why.
        reason: String,
    },
    /// Too slow.
    #[error("timed out after {} s", after.as_secs_f32())]
    TimedOut {
        /// How long it was waited for.
        after: Duration,
    },
    /// Too much.
    #[error("larger than {} MB, which is more than a page of posts can be", *limit_bytes as f32 / 1e6)]
    TooLarge {
        /// The bound.
        limit_bytes: usize,
    },
    /// Redirects in a circle, or nearly.
    #[error("redirects more than {followed} times; enter the address that it should end at")]
    TooManyRedirects {
        /// Redirects that were followed.
        followed: usize,
    },
    /// A redirect without a usable address.
    #[error("redirects to nowhere; enter the address that it should end at")]
    RedirectsNowhere,
    /// The source asks to be left alone for a while.
    #[error("asks to be left alone until {} (rate limit)", until.format("%Y-%m-%d %H:%M:%S UTC"))]
    RateLimited {
        /// When it may be asked again.
        until: DateTime<Utc>,
    },
    /// Any other answer than a document.
    #[error("HTTP {}{}", status, advice(*status))]
    Status {
        /// The status.
        status: u16,
        /// How long the source asks to be left alone.
        pause: Option<Duration>,
    },
}

impl FetchError {
    /// When the source may be asked again, where it says so.
    pub fn retry_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::RateLimited { until } => Some(*until),
            _ => None,
        }
    }

    pub(super) fn of_status(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> Self {
        Self::Status { status: status.as_u16(), pause: asked_pause(headers, now) }
    }

    /// Whether the same request may go through in a moment.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Interrupted { .. } => true,
            Self::Status { status, .. } => *status == 429 || (500..600).contains(status),
            _ => false,
        }
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 407 => ": it wants a login, which public sources do not",
        403 => ": it refuses; does it allow public reading, and is the contact in [collectors] set?",
        404 => ": there is nothing at this address; check it",
        410 => ": it is gone for good; remove the source or enter its new address",
        429 => ": too many requests",
        500..600 => ": the source has a problem of its own",
        _ => "",
    }
}
