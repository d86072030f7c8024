//! The pages, one module each, and their routes.

pub(crate) mod alerts;
pub(crate) mod cases;
pub(crate) mod inbox;
pub(crate) mod incidents;
mod login;
pub(crate) mod preferences;
pub(crate) mod search;
pub(crate) mod trends;
pub(crate) mod why;

use axum::{
    Router,
    routing::{get, post},
};

use crate::app::App;

/// Pages that need a session.
pub(crate) fn private_routes() -> Router<App> {
    Router::new()
        .route("/", get(alerts::show))
        .route("/incidents", get(incidents::show))
        .route("/incidents/{id}/acknowledge", post(incidents::acknowledge))
        .route("/incidents/{id}/resolve", post(incidents::resolve))
        .route("/inbox", get(inbox::show))
        .route("/inbox/{id}", get(cases::show))
        .route("/inbox/{id}/row", get(cases::row))
        .route("/inbox/{id}/assign", post(cases::assign))
        .route("/inbox/{id}/release", post(cases::release))
        .route("/inbox/{id}/answer", post(cases::answer))
        .route("/inbox/{id}/close", post(cases::close))
        .route("/mentions/why", get(why::show))
        .route("/search", get(search::show))
        .route("/trends", get(trends::show))
        .route("/logout", post(login::log_out))
}

/// Pages for everybody.
pub(crate) fn public_routes() -> Router<App> {
    Router::new()
        .route("/login", get(login::show).post(login::log_in))
        .route("/login/token", post(login::log_in_with_token))
}
