//! The trends while nobody keeps the history; with an engine they are tested in the whole pipeline.

use axum::http::StatusCode;

use super::api::Program;
use crate::test_support::TestApp;

#[tokio::test]
async fn without_the_history_the_page_says_so_and_everything_else_goes_on() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    let page = test.get("/trends?period=30d&source=rss", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("L’historique n’est pas disponible pour le moment."), "{}", page.body);
    assert!(page.body.contains("/trends?period=90d&#38;bucket=day&#38;source=rss"), "{}", page.body);
    assert_eq!(test.get("/inbox", &cookie).await.status, StatusCode::OK);
    assert_eq!(test.get("/trends?period=3y", &cookie).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_api_tells_a_missing_history_from_a_wrong_question() {
    let test = TestApp::new().await;
    let program = Program::log_in(&test).await;
    for counts in ["timeline", "causes", "shares", "sources", "languages", "totals"] {
        let (status, body) = program.get(&format!("/api/v1/trends/{counts}")).await;
        assert_eq!(
            (status, &body["error"]),
            (StatusCode::SERVICE_UNAVAILABLE, &"unavailable".into()),
            "{counts}"
        );
    }
    for wrong in [
        "from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "to=2026-01-01T00:00:00Z",
        "from=1990-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z&bucket=hour",
        "from=yesterday",
        "period=3y",
    ] {
        let (status, body) = program.get(&format!("/api/v1/trends/timeline?{wrong}")).await;
        assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &"bad-request".into()), "{wrong}");
    }
}
