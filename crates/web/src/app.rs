//! The state of the router: what the program provides, and what only the pages need.

use std::{ops::Deref, sync::Arc};

use crate::{WebState, auth::limit::LoginLimiter};

/// What the handlers see.
#[derive(Clone)]
pub(crate) struct App {
    web: WebState,
    pub(crate) settings: Settings,
    pub(crate) limiter: Arc<LoginLimiter>,
}

/// How the pages are reached, which decides on cookies and on whom to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Browsers speak TLS, here or at the proxy: cookies are marked `Secure`.
    pub(crate) secure: bool,
    /// A proxy in front says who the client is.
    pub(crate) behind_proxy: bool,
    /// Only names of this machine are accepted in `Host`.
    pub(crate) loopback_hosts_only: bool,
}

impl App {
    pub(crate) fn new(web: WebState, settings: Settings) -> Self {
        Self { web, settings, limiter: Arc::default() }
    }
}

impl Deref for App {
    type Target = WebState;

    fn deref(&self) -> &WebState {
        &self.web
    }
}
