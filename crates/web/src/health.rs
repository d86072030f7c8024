//! Whether each part works, for whoever watches the program.

use std::{fmt::Display, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use state::StateError;
use tokio::time::timeout;

use crate::app::App;

/// A store that takes longer to answer than this counts as one that does not.
const PATIENCE: Duration = Duration::from_secs(2);

/// A part of the program that can say whether it works.
#[derive(Clone)]
pub struct Part {
    /// Its name, such as `classifier`.
    pub name: &'static str,
    /// Why it does not work; none while all is well. It must answer at once.
    pub error: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

/// How one part is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartState {
    /// Its name.
    pub name: String,
    /// Why it does not work; none while all is well.
    pub error: Option<String>,
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    parts: Vec<PartView>,
}

#[derive(Serialize)]
struct PartView {
    name: String,
    ok: bool,
}

/// Asks every part, all at once: whoever watches wants an answer even while a store gives none.
pub(crate) async fn check(app: &App) -> Vec<PartState> {
    let state = app.database.read(|connection| Ok::<_, StateError>(connection.execute_batch("SELECT 1")?));
    let (state, journal, index) = tokio::join!(
        ask("state", state),
        ask("journal", app.journal.stats()),
        ask("search-index", app.search.offset()),
    );
    let readers = app
        .readers
        .iter()
        .map(|(name, status)| PartState { name: (*name).to_owned(), error: status.error() });
    let parts = app.parts.iter().map(|part| PartState { name: part.name.to_owned(), error: (part.error)() });
    [state, journal, index].into_iter().chain(readers).chain(parts).collect()
}

async fn ask<T, E: Display>(name: &str, answer: impl Future<Output = Result<T, E>>) -> PartState {
    let error = match timeout(PATIENCE, answer).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            Some(format!(
                "no answer within {seconds} seconds; look at the load of the machine and of its disk"
            ))
        }
    };
    PartState { name: name.to_owned(), error }
}

/// `GET /health`: 200 when every part works, 503 otherwise. It needs no login, so it names parts and not their errors,
/// which may hold addresses and paths.
pub(crate) async fn show(State(app): State<App>) -> Response {
    let parts: Vec<_> = check(&app)
        .await
        .into_iter()
        .map(|part| PartView { name: part.name, ok: part.error.is_none() })
        .collect();
    let is_well = parts.iter().all(|part| part.ok);
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let health = Health { status: if is_well { "ok" } else { "degraded" }, parts };
    (status, Json(health)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::Value;

    use super::*;
    use crate::{WebOptions, router, test_support::TestApp};

    #[tokio::test]
    async fn strangers_learn_which_part_fails_and_users_why() {
        let mut test = TestApp::new().await;
        let failing =
            Part { name: "classifier", error: Arc::new(|| Some("no weights in /srv/models".to_owned())) };
        test.state.parts = Arc::from([failing]);
        test.router = router(test.state.clone(), &WebOptions::default());
        let health = test.get("/health", "").await;
        assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE);
        let body: Value = serde_json::from_str(&health.body).unwrap();
        assert_eq!((&body["status"], &body["parts"][3]["name"]), (&"degraded".into(), &"classifier".into()));
        assert!(!health.body.contains("/srv/models"), "{}", health.body);
        let cookie = test.log_in().await;
        let status = test.get("/api/v1/status", &cookie).await;
        assert!(status.body.contains("/srv/models"), "{}", status.body);
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_hangs_is_told_and_does_not_hang_the_answer() {
        let part = ask("state", std::future::pending::<Result<(), String>>()).await;
        assert!(part.error.unwrap().starts_with("no answer within 2 seconds"));
    }
}
