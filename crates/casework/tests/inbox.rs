//! The life of a case.
#![allow(clippy::unwrap_used)]

use domain::{Case, CaseStatus, Change, LiveEvent, TaggedMention};
use journal::{Entry, TaggedReader};
use state::Database;
use testkit::{angry_delivery_complaint, at, brand, tagged};
use vigie_casework::{Answer, CaseError, CaseEventKind, CaseFilter, CaseOrder, Casework, MIGRATIONS};

fn casework() -> Casework {
    Casework::new(Database::open_in_memory(&[MIGRATIONS]).unwrap(), &[brand()])
}

fn complaint(id: u64) -> TaggedMention {
    tagged(id, "Colis perdu, personne ne répond", &angry_delivery_complaint())
}

async fn apply(casework: &Casework, mentions: &[TaggedMention]) -> Vec<Case> {
    let batch: Vec<_> =
        mentions.iter().enumerate().map(|(i, m)| Entry { offset: i as u64 + 1, record: m.clone() }).collect();
    let events = casework.reader().apply(&batch).await.unwrap();
    let case = |event| if let LiveEvent::Case(case) = event { *case } else { panic!("not a case") };
    events.into_iter().map(case).collect()
}

fn answer(text: &str) -> Answer {
    Answer { text: text.into(), url: Some("https://social.example/answer".into()) }
}

#[tokio::test]
async fn only_what_wants_an_answer_becomes_a_case_and_only_once() {
    let casework = casework();
    let praise = tagged(1, "Merci Colisio, parfait", &[]);
    let opened = apply(&casework, &[praise, complaint(2), complaint(2)]).await;
    assert_eq!(opened.len(), 1);
    assert!(apply(&casework, &[complaint(2)]).await.is_empty());
    let page = casework.cases(&CaseFilter::default()).await.unwrap();
    assert_eq!((page.total, page.next_skip), (1, None));
    let case = &page.cases[0];
    assert_eq!(case.due_at, at(2) + chrono::TimeDelta::minutes(120));
    assert_eq!(case.silence_seconds(at(62)), 60);
    assert_eq!(case.author_handle.as_deref(), Some("@someone2"));
}

#[tokio::test]
async fn a_repost_waits_for_nothing_but_the_same_words_of_somebody_else_do() {
    let casework = casework();
    let retold = |id, text: &str| {
        let mut tagged = tagged(id, text, &angry_delivery_complaint());
        tagged.story.first = false;
        tagged
    };
    let repost = retold(2, "RT @lea : Colis perdu, personne ne répond");
    assert!(apply(&casework, &[repost]).await.is_empty());
    assert_eq!(apply(&casework, &[retold(3, "Colis perdu, personne ne répond")]).await.len(), 1);
}

#[tokio::test]
async fn two_people_cannot_take_the_same_case() {
    let casework = casework();
    let case = apply(&casework, &[complaint(1)]).await.remove(0);
    let (anna, bob) = tokio::join!(
        casework.assign(case.id, "anna", case.revision),
        casework.assign(case.id, "bob", case.revision)
    );
    let (winner, loser) = if anna.is_ok() { (anna, bob) } else { (bob, anna) };
    let winner = winner.unwrap().assignee.unwrap();
    assert!(matches!(loser, Err(CaseError::Taken { by, .. }) if by == winner));
    let events = casework.history(case.id).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == CaseEventKind::Assigned).count(), 1);
}

#[tokio::test]
async fn a_case_is_taken_answered_and_closed() {
    let casework = casework();
    let case = apply(&casework, &[complaint(1)]).await.remove(0);
    let case = casework.assign(case.id, "anna", case.revision).await.unwrap();
    let refused = casework.mark_answered(case.id, "bob", answer("Bonjour"), case.revision).await;
    assert!(matches!(refused, Err(CaseError::Taken { .. })));
    let stale = casework.release(case.id, "anna", case.revision - 1).await;
    assert!(matches!(stale, Err(CaseError::Taken { .. })));
    let case = casework
        .mark_answered(case.id, "anna", answer(" Bonjour, je regarde. "), case.revision)
        .await
        .unwrap();
    assert_eq!(case.status, CaseStatus::Answered);
    assert_eq!(case.answer_text.as_deref(), Some("Bonjour, je regarde."));
    let silence = case.silence_seconds(chrono::DateTime::<chrono::Utc>::MAX_UTC);
    assert_eq!(
        silence,
        (case.answered_at.unwrap() - case.published_at).num_seconds().max(0),
        "the clock has stopped"
    );
    let case = casework.close(case.id, "anna", None, case.revision).await.unwrap();
    assert_eq!((case.status, case.author_handle), (CaseStatus::Closed, None));
    let again = casework.close(case.id, "anna", None, case.revision).await;
    assert!(matches!(again, Err(CaseError::WrongStatus { status: "closed", .. })));
    let kinds: Vec<_> =
        casework.history(case.id).await.unwrap().into_iter().map(|event| event.kind).collect();
    let expected =
        [CaseEventKind::Opened, CaseEventKind::Assigned, CaseEventKind::Answered, CaseEventKind::Closed];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn a_released_case_can_be_taken_by_another() {
    let casework = casework();
    let case = apply(&casework, &[complaint(1)]).await.remove(0);
    let case = casework.assign(case.id, "anna", case.revision).await.unwrap();
    let case = casework.release(case.id, "anna", case.revision).await.unwrap();
    assert_eq!((case.status, case.assignee.as_deref()), (CaseStatus::New, None));
    let case = casework.assign(case.id, "bob", case.revision).await.unwrap();
    assert_eq!(case.assignee.as_deref(), Some("bob"));
}

#[tokio::test]
async fn an_answer_is_checked_before_it_is_kept() {
    let casework = casework();
    let case = apply(&casework, &[complaint(1)]).await.remove(0);
    let long = "x".repeat(20_001);
    let script = Answer { text: "ok".into(), url: Some("javascript:alert(1)".into()) };
    for bad in [answer("  "), answer(&long), script] {
        let refused = casework.mark_answered(case.id, "anna", bad, case.revision).await;
        assert!(matches!(refused, Err(CaseError::Invalid(_))));
    }
    assert!(matches!(casework.assign(99, "anna", 1).await, Err(CaseError::NotFound(99))));
}

#[tokio::test]
async fn an_official_reply_stops_the_clock() {
    let casework = casework();
    apply(&casework, &[complaint(1)]).await;
    let mut reply = tagged(61, "Bonjour, nous cherchons votre colis", &[]);
    reply.mention.official = true;
    reply.mention.in_reply_to = Some("1".into());
    let changed = apply(&casework, &[reply.clone(), reply]).await;
    assert_eq!(changed.len(), 1);
    assert_eq!((changed[0].status, changed[0].silence_seconds(at(9_999))), (CaseStatus::Answered, 60));
}

#[tokio::test]
async fn later_versions_change_the_text_but_not_who_has_the_case() {
    let casework = casework();
    let case = apply(&casework, &[complaint(1)]).await.remove(0);
    let case = casework.assign(case.id, "anna", case.revision).await.unwrap();
    let mut edited = complaint(1);
    edited.mention.change = Change::Edited;
    edited.mention.version_at = at(100);
    edited.mention.text = "Colis perdu, édité".into();
    let changed = apply(&casework, &[edited, complaint(1)]).await;
    assert_eq!(changed.len(), 1, "an older version changes nothing");
    assert_eq!(
        (changed[0].text.as_str(), changed[0].assignee.as_deref()),
        ("Colis perdu, édité", Some("anna"))
    );
    let mut deleted = tagged(1, "", &[]);
    deleted.mention.change = Change::Deleted;
    deleted.mention.version_at = at(200);
    let changed = apply(&casework, &[deleted]).await;
    assert_eq!((changed[0].status, changed[0].text.as_str()), (CaseStatus::Closed, ""));
    assert_eq!(changed[0].author_handle, None);
    assert_eq!(casework.case(case.id).await.unwrap().unwrap().revision, changed[0].revision);
}

#[tokio::test]
async fn the_inbox_filters_orders_and_counts() {
    let casework = casework();
    let mut famous = complaint(3);
    famous.mention.reach = 50_000;
    let cases = apply(&casework, &[complaint(2), famous, complaint(1)]).await;
    casework.assign(cases[0].id, "anna", cases[0].revision).await.unwrap();
    let ids = async |filter: CaseFilter| {
        let page = casework.cases(&filter).await.unwrap();
        page.cases.into_iter().map(|case| case.mention.external_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(CaseFilter::default()).await, ["1", "2", "3"]);
    assert_eq!(ids(CaseFilter { order: CaseOrder::ReachFirst, ..Default::default() }).await[0], "3");
    assert_eq!(ids(CaseFilter { assignee: Some("anna".into()), ..Default::default() }).await, ["2"]);
    assert_eq!(ids(CaseFilter { statuses: vec![CaseStatus::New], ..Default::default() }).await, ["1", "3"]);
    assert_eq!(
        ids(CaseFilter { emotion: Some(domain::Emotion::Annoyance), ..Default::default() }).await.len(),
        0
    );
    assert_eq!(ids(CaseFilter { cause: Some(domain::Cause::Delivery), ..Default::default() }).await.len(), 3);
    assert_eq!(
        ids(CaseFilter { brand: Some("autre".parse().unwrap()), ..Default::default() }).await.len(),
        0
    );
    let counts = casework.counts(None).await.unwrap();
    assert_eq!((counts.new, counts.assigned, counts.answered, counts.closed), (2, 1, 0, 0));
}
