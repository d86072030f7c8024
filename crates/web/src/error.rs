//! What a handler can refuse with, and how it is told: a page for people, JSON for programs.

use std::error::Error;

use askama::Template;
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Serialize;

use crate::{address::address, app::App, context::PageContext, i18n::Localizer};

/// Why a request was refused. Handlers return it; [`render_errors`] turns it into a page or into JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WebError {
    /// Nothing is at this address.
    #[error("nothing is at this address")]
    NotFound,
    /// Nobody is logged in.
    #[error("log in first")]
    LoginNeeded,
    /// The form is not of this session.
    #[error("the form expired; load the page again and send it once more")]
    FormExpired,
    /// The request comes from another site, or names another host.
    #[error("requests from other sites are refused")]
    ForeignOrigin,
    /// The request cannot be understood. Holds the locale key that says why.
    #[error("the request cannot be understood ({0})")]
    BadRequest(&'static str),
    /// Somebody was faster. Holds the locale key that says what happened.
    #[error("somebody was faster ({0})")]
    Conflict(&'static str),
    /// The request is larger than any form.
    #[error("the request is too large")]
    TooLarge,
    /// Too many tries. Holds the seconds to wait.
    #[error("too many tries; try again in {0} seconds")]
    TooManyTries(u64),
    /// A part of the program is not ready. Holds the locale key that says which.
    #[error("a part of the program is not ready ({0})")]
    Unavailable(&'static str),
    /// Our fault.
    #[error("an internal error; the log says more")]
    Internal,
}

impl WebError {
    /// An error that is nobody's fault who sits in front of the screen: logged here, once.
    pub(crate) fn internal(error: impl Error) -> Self {
        let mut causes = String::new();
        let mut cause = error.source();
        while let Some(inner) = cause {
            causes.push_str(&format!(": {inner}"));
            cause = inner.source();
        }
        tracing::error!("request failed: {error}{causes}");
        Self::Internal
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::LoginNeeded => StatusCode::UNAUTHORIZED,
            Self::FormExpired | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyTries(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable name: programs tell errors apart by it, and the locales have `error-<key>-title` and `error-<key>-text`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::LoginNeeded => "login-needed",
            Self::FormExpired => "form-expired",
            Self::ForeignOrigin => "foreign-origin",
            Self::BadRequest(_) => "bad-request",
            Self::Conflict(_) => "conflict",
            Self::TooLarge => "too-large",
            Self::TooManyTries(_) => "too-many-tries",
            Self::Unavailable(_) => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Every error once, so that the tests can ask whether each has its words.
    #[cfg(test)]
    pub(crate) const ALL: [WebError; 10] = [
        Self::NotFound,
        Self::LoginNeeded,
        Self::FormExpired,
        Self::ForeignOrigin,
        Self::BadRequest(""),
        Self::Conflict(""),
        Self::TooLarge,
        Self::TooManyTries(0),
        Self::Unavailable(""),
        Self::Internal,
    ];

    /// What happened, in one line.
    pub(crate) fn title(self, l: Localizer) -> String {
        l.family_suffixed("error", self.key(), "title")
    }

    /// What to do about it.
    pub(crate) fn text(self, l: Localizer) -> String {
        match self {
            Self::BadRequest(key) | Self::Conflict(key) | Self::Unavailable(key) => l.t(key),
            Self::TooManyTries(seconds) => l.t1("error-too-many-tries-text", "seconds", seconds),
            other => l.family_suffixed("error", other.key(), "text"),
        }
    }
}

impl From<alerting::IncidentError> for WebError {
    fn from(error: alerting::IncidentError) -> Self {
        match error {
            alerting::IncidentError::NotFound(_) => Self::NotFound,
            alerting::IncidentError::Resolved(_) => Self::Conflict("incident-already-resolved"),
            other => Self::internal(other),
        }
    }
}

impl From<analytics::AnalyticsError> for WebError {
    /// The history is a store of its own, and everything else goes on without it.
    fn from(error: analytics::AnalyticsError) -> Self {
        if let analytics::AnalyticsError::TooManyPoints(_) = error {
            return Self::BadRequest("trends-bad-span");
        }
        tracing::warn!("the history cannot be read: {error}");
        Self::Unavailable("trends-unavailable-text")
    }
}

impl From<search::SearchError> for WebError {
    fn from(error: search::SearchError) -> Self {
        match error {
            search::SearchError::BadCursor => Self::BadRequest("error-bad-request-text"),
            other => Self::internal(other),
        }
    }
}

impl From<state::StateError> for WebError {
    fn from(error: state::StateError) -> Self {
        Self::internal(error)
    }
}

impl From<state::rusqlite::Error> for WebError {
    fn from(error: state::rusqlite::Error) -> Self {
        state::StateError::from(error).into()
    }
}

impl From<askama::Error> for WebError {
    fn from(error: askama::Error) -> Self {
        Self::internal(error)
    }
}

impl IntoResponse for WebError {
    /// Only the status and the error itself; [`render_errors`] knows the reader's language and adds the words.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of every error of the API.
#[derive(Debug, Serialize)]
pub(crate) struct ApiErrorBody {
    /// A stable name of the error.
    pub(crate) error: &'static str,
    /// What happened and what to do, in the caller's language.
    pub(crate) message: String,
}

#[derive(Template)]
#[template(path = "pages/error.html")]
struct ErrorPage {
    l: Localizer,
    page: PageContext,
    status: u16,
    title: String,
    text: String,
}

/// Gives errors their words: JSON under `/api/`, a line of text for fragments, a page for everything else.
pub(crate) async fn render_errors(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let path = request.uri().path().to_owned();
    let is_api = path.starts_with("/api/");
    let response = next.run(request).await;
    let error = response.extensions().get::<WebError>().copied().or_else(|| framework_error(&response));
    match error {
        Some(error) => words(&app, error, &headers, &path, is_api),
        None => response,
    }
}

/// Refusals of the framework itself (unreadable form, unknown method, time-out) get the same words as our own.
fn framework_error(response: &Response) -> Option<WebError> {
    // Our own pages may carry these statuses with words of their own.
    if response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"))
    {
        return None;
    }
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Some(WebError::TooLarge),
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Some(WebError::BadRequest("error-bad-request-text"))
        }
        StatusCode::METHOD_NOT_ALLOWED => Some(WebError::NotFound),
        StatusCode::REQUEST_TIMEOUT => Some(WebError::Unavailable("error-unavailable-text")),
        StatusCode::INTERNAL_SERVER_ERROR => Some(WebError::Internal),
        _ => None,
    }
}

fn words(app: &App, error: WebError, headers: &HeaderMap, path: &str, is_api: bool) -> Response {
    let page = PageContext::signed_out(app, headers, path);
    let l = page.l;
    let status = error.status();
    let is_fragment = headers.contains_key("hx-request") || path == "/stream";
    let mut response = if is_api {
        let message = format!("{} {}", error.title(l), error.text(l));
        (status, Json(ApiErrorBody { error: error.key(), message })).into_response()
    } else if error == WebError::LoginNeeded && !is_fragment {
        return Redirect::to(&address("/login", &[("next", Some(path))])).into_response();
    } else if is_fragment {
        // The line belongs in the page's place for notices, not where the answer would have gone.
        let into_notice = [("hx-retarget", "#notice"), ("hx-reswap", "innerHTML")];
        let mut response = (status, into_notice, error.text(l)).into_response();
        if error == WebError::LoginNeeded {
            response.headers_mut().insert("hx-redirect", HeaderValue::from_static("/login"));
        }
        response
    } else {
        let page = ErrorPage { l, status: status.as_u16(), title: error.title(l), text: error.text(l), page };
        match page.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => (status, error.to_string()).into_response(),
        }
    };
    if let WebError::TooManyTries(seconds) = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
