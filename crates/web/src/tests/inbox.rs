//! The inbox as two people meet it.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use domain::LiveEvent;

use super::angry;
use crate::test_support::{Answer, TestApp, request};

/// A form of a case's row, sent by htmx or by the browser itself.
async fn send(test: &TestApp, cookie: &str, path: &str, form: &str, htmx: bool) -> Answer {
    let csrf = test.get("/inbox", cookie).await.csrf();
    let mut request =
        request(Method::POST, path, cookie).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if htmx {
        request = request.header("hx-request", "true");
    }
    test.send(request.body(Body::from(format!("csrf={csrf}&{form}"))).unwrap()).await
}

#[tokio::test]
async fn the_inbox_shows_cases_escaped_with_their_clock() {
    let test = TestApp::new().await;
    test.open_cases(vec![angry(1)]).await;
    let cookie = test.log_in().await;
    let body = test.get("/inbox", &cookie).await.body;
    assert!(body.contains("Colis &#60;b&#62;perdu&#60;/b&#62;") && body.contains("id=\"case-1\""), "{body}");
    assert!(body.contains("sans réponse") && body.contains("Colère") && body.contains("Je prends"));
    assert!(body.contains("https://social.example/1"));
    assert!(!test.get("/inbox?emotion=annoyance", &cookie).await.body.contains("id=\"case-1\""));
    assert!(!test.get("/inbox?view=mine", &cookie).await.body.contains("id=\"case-1\""));
    assert_eq!(test.get("/inbox?view=nonsense", &cookie).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_action_changes_the_row_and_tells_open_pages() {
    let test = TestApp::new().await;
    test.open_cases(vec![angry(1)]).await;
    let cookie = test.log_in().await;
    let mut live = test.state.live.subscribe();
    let taken = send(&test, &cookie, "/inbox/1/assign", "revision=1", true).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert!(taken.body.contains("data-revision=\"2\"") && taken.body.contains("À moi"), "{}", taken.body);
    assert!(taken.body.contains("hx-swap-oob") && !taken.body.contains("<html"));
    assert!(!taken.body.contains("class=\"badge\""), "nobody waits for somebody any more: {}", taken.body);
    assert!(matches!(live.try_recv(), Ok(LiveEvent::Case(case)) if case.assignee.as_deref() == Some("anne")));
    let form =
        "revision=2&text=Bonjour&url=https%3A%2F%2Fsocial.example%2F2&next=%2Finbox%3Fview%3Dmine%23case-1";
    let answered = send(&test, &cookie, "/inbox/1/answer", form, false).await;
    assert_eq!((answered.status, answered.location()), (StatusCode::SEE_OTHER, "/inbox?view=mine#case-1"));
    let page = test.get("/inbox/1", &cookie).await.body;
    assert!(page.contains("Bonjour") && page.contains("https://social.example/2"), "{page}");
    assert!(page.contains("Pris par anne") && page.contains("Cas ouvert"));
}

#[tokio::test]
async fn whoever_is_second_is_told_by_whom_and_keeps_what_they_wrote() {
    let test = TestApp::new().await;
    test.open_cases(vec![angry(1)]).await;
    test.state.casework.assign(1, "bruno", 1).await.unwrap();
    let cookie = test.log_in().await;
    let late = send(&test, &cookie, "/inbox/1/assign", "revision=1", true).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(
        late.body.contains("bruno a déjà pris ce cas") && late.body.contains("data-revision=\"2\""),
        "{}",
        late.body
    );
    assert!(!late.body.contains("Je prends"));
    let late = send(&test, &cookie, "/inbox/1/answer", "revision=1&text=Mon+brouillon", true).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("Mon brouillon"), "{}", late.body);
    let late = send(&test, &cookie, "/inbox/1/assign", "revision=1", false).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("<html") && late.body.contains("bruno a déjà pris ce cas"));
}

#[tokio::test]
async fn an_answer_that_cannot_be_kept_comes_back_in_its_form() {
    let test = TestApp::new().await;
    test.open_cases(vec![angry(1)]).await;
    let cookie = test.log_in().await;
    let form = "revision=1&text=Bonjour&url=javascript%3Aalert(1)";
    let refused = send(&test, &cookie, "/inbox/1/answer", form, true).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("le lien doit commencer par https://")
            && refused.body.contains(">Bonjour</textarea>")
    );
}

#[tokio::test]
async fn errors_reach_the_place_for_notices_and_not_the_row() {
    let test = TestApp::new().await;
    let cookie = test.log_in().await;
    let missing = send(&test, &cookie, "/inbox/9/assign", "revision=1", true).await;
    assert_eq!(
        (missing.status, missing.headers["hx-retarget"].to_str().unwrap()),
        (StatusCode::NOT_FOUND, "#notice")
    );
    assert!(!missing.body.contains('<'), "{}", missing.body);
    assert_eq!(test.get("/inbox/9", &cookie).await.status, StatusCode::NOT_FOUND);
    let unreadable = send(&test, &cookie, "/inbox/9/assign", "revision=x", true).await;
    assert_eq!(unreadable.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_search_shows_what_was_asked_for_and_where_it_is_wrong() {
    let test = TestApp::new().await;
    test.index(vec![angry(1), testkit::tagged(2, "Merci Colisio", &[])]).await;
    let cookie = test.log_in().await;
    let found = test.get("/search?q=perdu", &cookie).await.body;
    assert!(found.contains("<mark>perdu</mark>") && found.contains("1 mention"), "{found}");
    let all = test.get("/search", &cookie).await.body;
    assert!(all.contains("2 mentions") && all.contains("/search?q=emotion:anger"), "{all}");
    let wrong = test.get("/search?q=emotoin%3Aanger+%3Cb%3E", &cookie).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(
        wrong.body.contains("Vouliez-vous dire «\u{a0}emotion\u{a0}»")
            && wrong.body.contains("<mark>e</mark>"),
        "{}",
        wrong.body
    );
    assert!(!wrong.body.contains("<b>"));
    assert_eq!(test.get("/search?q=a&cursor=nonsense", &cookie).await.status, StatusCode::BAD_REQUEST);
}
