//! Logging in by password or by a link, and out.

use std::net::{IpAddr, SocketAddr};

use askama::Template;
use axum::{
    Extension, Form,
    extract::{ConnectInfo, Query, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::Utc;
use serde::Deserialize;

use crate::{
    app::App,
    auth::{self, Session},
    context::{PageContext, own_path},
    error::WebError,
    i18n::Localizer,
    view::html,
};

#[derive(Template)]
#[template(path = "pages/login.html")]
struct LoginPage {
    l: Localizer,
    page: PageContext,
    /// Where to go afterwards.
    next: String,
    /// The token of a login link; empty for the password form.
    token: String,
    name: String,
    /// Why the last attempt failed; empty for none.
    problem: String,
}

impl LoginPage {
    fn new(app: &App, headers: &HeaderMap, next: &str) -> Self {
        let page = PageContext::signed_out(app, headers, "/login");
        Self {
            l: page.l,
            page,
            next: own_path(next).to_owned(),
            token: String::new(),
            name: String::new(),
            problem: String::new(),
        }
    }
}

/// The query of the login page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LoginQuery {
    next: String,
    token: String,
}

/// `GET /login`, with `?token=` a page whose button uses the link up: previews of links do not press buttons.
pub(super) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
    Query(query): Query<LoginQuery>,
) -> Result<Response, WebError> {
    let mut login = LoginPage::new(&app, &headers, &query.next);
    login.token = query.token;
    login.page.here = uri.path_and_query().map_or("/login", |path| path.as_str()).to_owned();
    Ok(html(&login)?.into_response())
}

/// The form of a login by password.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// `POST /login`
pub(super) async fn log_in(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Form(form): Form<PasswordForm>,
) -> Result<Response, WebError> {
    let mut login = LoginPage::new(&app, &headers, &form.next);
    let name = form.name.trim();
    name.clone_into(&mut login.name);
    if let Err(seconds) = app.limiter.attempt(Some(name), client_address(&app, peer.as_deref(), &headers)) {
        login.problem = login.l.t1("login-too-many", "seconds", seconds);
        return Ok(
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds)], html(&login)?).into_response()
        );
    }
    let user = auth::check_password(&app.database, name, &form.password).await.map_err(WebError::internal)?;
    let Some(user) = user else {
        login.problem = login.l.t("login-wrong");
        return Ok((StatusCode::UNAUTHORIZED, html(&login)?).into_response());
    };
    open(&app, user, &login.next).await
}

/// The form behind a login link.
#[derive(Deserialize)]
pub(super) struct TokenForm {
    token: String,
}

/// `POST /login/token`
pub(super) async fn log_in_with_token(
    State(app): State<App>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Result<Response, WebError> {
    app.limiter
        .attempt(None, client_address(&app, peer.as_deref(), &headers))
        .map_err(WebError::TooManyTries)?;
    let user = auth::redeem_one_time_login(&app.database, &form.token, Utc::now())
        .await
        .map_err(WebError::internal)?;
    let Some(user) = user else {
        let mut login = LoginPage::new(&app, &headers, "/");
        login.problem = login.l.t("login-link-used");
        return Ok((StatusCode::UNAUTHORIZED, html(&login)?).into_response());
    };
    open(&app, user, "/").await
}

/// `POST /logout`
pub(super) async fn log_out(State(app): State<App>, session: Session) -> Result<Response, WebError> {
    auth::end_session(&app.database, &session).await.map_err(WebError::internal)?;
    Ok(([(header::SET_COOKIE, auth::clear_cookie(app.settings.secure))], Redirect::to("/login"))
        .into_response())
}

async fn open(app: &App, user: i64, next: &str) -> Result<Response, WebError> {
    let token = auth::start_session(&app.database, user, Utc::now()).await.map_err(WebError::internal)?;
    let cookie = auth::session_cookie(&token, app.settings.secure);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response())
}

/// Who is asking. Behind a proxy the last entry of `X-Forwarded-For` is the one that the proxy itself wrote.
fn client_address(app: &App, peer: Option<&ConnectInfo<SocketAddr>>, headers: &HeaderMap) -> IpAddr {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let forwarded = forwarded.filter(|_| app.settings.behind_proxy).and_then(|value| value.to_str().ok());
    forwarded
        .and_then(|list| list.rsplit(',').next()?.trim().parse().ok())
        .or_else(|| peer.map(|peer| peer.0.ip()))
        .unwrap_or(IpAddr::from([0, 0, 0, 0]))
}
