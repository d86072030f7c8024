//! The middleware in front of the handlers: who is asking, and from which site.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use chrono::Utc;

use super::{Session, csrf, find_session, session_token};
use crate::{app::App, error::WebError};

async fn session(app: &App, headers: &HeaderMap) -> Result<Option<Session>, WebError> {
    let Some(token) = session_token(headers, app.settings.secure) else {
        return Ok(None);
    };
    find_session(&app.database, token, Utc::now()).await.map_err(WebError::internal)
}

/// Lets only sessions through, and changes only with the session's form token. Handlers find the session in the
/// request's extensions.
pub(crate) async fn require_session(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, WebError> {
    let session = session(&app, request.headers()).await?.ok_or(WebError::LoginNeeded)?;
    if !is_safe(request.method()) {
        request = csrf::check(request, &session).await?;
    }
    request.extensions_mut().insert(session);
    Ok(next.run(request).await)
}

/// For `/metrics`: whoever is logged in, and programs on this machine.
pub(crate) async fn require_session_or_loopback(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, WebError> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    // Behind a proxy every peer may be local, so there only sessions count.
    let is_local = !app.settings.behind_proxy && peer.is_some_and(|peer| peer.0.ip().is_loopback());
    if is_local || session(&app, request.headers()).await?.is_some() {
        Ok(next.run(request).await)
    } else {
        Err(WebError::LoginNeeded)
    }
}

/// Refuses changes that another site's page sends. Browsers say where a request comes from; other programs need not.
pub(crate) async fn refuse_foreign_origins(request: Request, next: Next) -> Result<Response, WebError> {
    if is_safe(request.method()) || is_own_origin(request.headers()) {
        Ok(next.run(request).await)
    } else {
        Err(WebError::ForeignOrigin)
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_own_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(origin) = headers.get(header::ORIGIN) {
        let host = text(header::HOST).unwrap_or_default();
        let from = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        return from.is_some_and(|(_, from)| !from.is_empty() && from.eq_ignore_ascii_case(host));
    }
    text(header::HeaderName::from_static("sec-fetch-site"))
        .is_none_or(|site| matches!(site, "same-origin" | "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn only_our_own_pages_may_send_changes() {
        for (expected, pairs) in [
            (true, &[("host", "vigie.example"), ("origin", "https://vigie.example")][..]),
            (true, &[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")]),
            (true, &[("host", "vigie.example")]),
            (false, &[("host", "vigie.example"), ("origin", "https://evil.example")]),
            (false, &[("host", "vigie.example"), ("origin", "null")]),
            (false, &[("host", "vigie.example"), ("sec-fetch-site", "cross-site")]),
        ] {
            assert_eq!(is_own_origin(&headers(pairs)), expected, "{pairs:?}");
        }
    }
}
