//! What every answer carries and every request must have, whoever asks.

use std::{any::Any, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{app::App, error::WebError};

/// No form or upload of the pages is larger.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;
/// A request that takes longer is given up. Live streams answer at once and then go on.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Only our own files; no inline script or style, no frame around us, forms only to us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

/// Adds the headers that restrict what a browser does with an answer.
pub(crate) async fn add_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Our own forms must send their origin, others learn nothing.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Not for names of this machine: the promise would hold for every other program that serves them.
    if app.settings.secure && !app.settings.loopback_hosts_only {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// On loopback only this machine's own names are accepted in `Host`: a page elsewhere whose name is made to point here
/// (DNS rebinding) is refused. HTTP/2 names the host in the address; it is copied to `Host` for those who look there.
pub(crate) async fn check_host(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::HOST)
        && let Some(authority) = request.uri().authority()
        && let Ok(value) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(header::HOST, value);
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if app.settings.loopback_hosts_only && !host.is_some_and(is_loopback_name) {
        return WebError::ForeignOrigin.into_response();
    }
    next.run(request).await
}

fn is_loopback_name(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A handler that panicked: its request fails, the program goes on.
#[expect(clippy::needless_pass_by_value, reason = "the signature that tower-http wants")]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("unknown");
    tracing::error!(panic = what, "a handler panicked");
    WebError::Internal.into_response()
}

/// The path without its query, which may hold a login token: what logs and metrics may show.
pub(crate) fn loggable(uri: &Uri) -> &str {
    uri.path()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_names_are_loopback() {
        for own in ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST:1"] {
            assert!(is_loopback_name(own), "{own}");
        }
        for foreign in
            ["", "evil.example", "localhost.evil.example:8080", "192.168.1.4", "127.0.0.1.evil.example"]
        {
            assert!(!is_loopback_name(foreign), "{foreign}");
        }
    }
}
