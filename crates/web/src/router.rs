//! All routes, and what every request passes on its way to them.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};

use crate::{
    WebOptions, WebState, api,
    app::App,
    assets, auth,
    error::{WebError, render_errors},
    health, metrics, pages, security, stream,
};

/// The pages and the API as one service.
pub fn router(state: WebState, options: &WebOptions) -> Router {
    let app = App::new(state, options.settings());
    // The outermost layer is the last one: headers also on errors, words for whatever was refused below.
    Router::new()
        .merge(private(&app))
        .merge(public(&app))
        .layer(DefaultBodyLimit::max(security::MAX_BODY_BYTES))
        .layer(RequestBodyLimitLayer::new(security::MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, security::REQUEST_TIMEOUT))
        .layer(CatchPanicLayer::custom(security::panicked))
        .layer(from_fn(auth::refuse_foreign_origins))
        .layer(from_fn_with_state(app.clone(), security::check_host))
        .layer(from_fn_with_state(app.clone(), render_errors))
        .layer(from_fn_with_state(app.clone(), metrics::count_requests))
        .layer(from_fn_with_state(app.clone(), security::add_headers))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// Needs a session, and its form token for changes. Unknown addresses belong here: strangers learn nothing from them.
fn private(app: &App) -> Router<App> {
    Router::new()
        .merge(pages::private_routes())
        .nest("/api/v1", api::routes())
        .route("/stream", get(stream::stream))
        .fallback(|| async { WebError::NotFound })
        .layer(from_fn_with_state(app.clone(), auth::require_session))
}

fn public(app: &App) -> Router<App> {
    let metrics = Router::new()
        .route("/metrics", get(metrics::show))
        .route_layer(from_fn_with_state(app.clone(), auth::require_session_or_loopback));
    Router::new()
        .merge(pages::public_routes())
        .route("/health", get(health::show))
        .route("/static/{version}/{*name}", get(assets::serve_asset))
        .merge(metrics)
        .route("/preferences", post(pages::preferences::save))
}
