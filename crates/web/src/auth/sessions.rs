//! Sessions: a random token in a cookie, its hash and everything else in the store.

use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};
use state::{
    Database,
    rusqlite::{OptionalExtension, params},
};

use super::{AuthError, token};

/// A session ends after this long without a request …
const IDLE: TimeDelta = TimeDelta::hours(12);
/// … and after this long in any case.
const LONGEST: TimeDelta = TimeDelta::days(7);
/// `seen_at` is written at most this often, so that reading pages does not write to the disk.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The account's name.
    pub(crate) user: String,
    /// What the forms of this session must carry.
    pub(crate) csrf_token: Vec<u8>,
    token_hash: Vec<u8>,
}

/// Starts a session and returns the token for its cookie. Sessions that have ended are removed on this occasion.
pub(crate) async fn start_session(
    database: &Database,
    user_id: i64,
    now: DateTime<Utc>,
) -> Result<String, AuthError> {
    let text = token::encode(&token::random());
    let hash = token::hash(&text);
    database
        .write(move |transaction| {
            let (idle, longest) = oldest(now);
            transaction
                .execute("DELETE FROM sessions WHERE seen_at < ?1 OR created_at < ?2", [idle, longest])?;
            let sql = "INSERT INTO sessions (token_hash, user_id, csrf_token, created_at, seen_at)
                       VALUES (?1, ?2, ?3, ?4, ?4)";
            transaction.execute(sql, params![hash, user_id, token::random(), now.timestamp_millis()])?;
            Ok::<_, AuthError>(())
        })
        .await?;
    Ok(text)
}

/// The session of a token, unless it ended; notes that it was seen.
pub(crate) async fn find_session(
    database: &Database,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Session>, AuthError> {
    let hash = token::hash(token);
    let found = database
        .read(move |connection| {
            let (idle, longest) = oldest(now);
            let sql = "SELECT users.name, csrf_token, seen_at FROM sessions JOIN users ON users.id = user_id
                       WHERE token_hash = ?1 AND seen_at >= ?2 AND sessions.created_at >= ?3";
            let session = connection.query_row(sql, params![hash, idle, longest], |row| {
                let session =
                    Session { user: row.get(0)?, csrf_token: row.get(1)?, token_hash: hash.clone() };
                Ok((session, row.get::<_, i64>(2)?))
            });
            Ok::<_, AuthError>(session.optional()?)
        })
        .await?;
    let Some((session, seen_at)) = found else {
        return Ok(None);
    };
    if now.timestamp_millis() - seen_at > SEEN_EVERY.num_milliseconds() {
        let hash = session.token_hash.clone();
        database
            .write(move |transaction| {
                let sql = "UPDATE sessions SET seen_at = max(seen_at, ?2) WHERE token_hash = ?1";
                transaction.execute(sql, params![hash, now.timestamp_millis()])?;
                Ok::<_, AuthError>(())
            })
            .await?;
    }
    Ok(Some(session))
}

/// Ends a session: its token opens nothing any more.
pub(crate) async fn end_session(database: &Database, session: &Session) -> Result<(), AuthError> {
    let hash = session.token_hash.clone();
    database
        .write(move |transaction| {
            transaction.execute("DELETE FROM sessions WHERE token_hash = ?1", [hash])?;
            Ok(())
        })
        .await
}

fn oldest(now: DateTime<Utc>) -> (i64, i64) {
    ((now - IDLE).timestamp_millis(), (now - LONGEST).timestamp_millis())
}

/// Browsers hold a `__Host-` cookie to `Secure`, this host and this path, but take none without TLS.
fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-vigie_session" } else { "vigie_session" }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    pairs.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The token that the browser sent.
pub(crate) fn session_token(headers: &HeaderMap, secure: bool) -> Option<&str> {
    cookie(headers, cookie_name(secure))
}

/// The `Set-Cookie` header of a new session.
pub(crate) fn session_cookie(token: &str, secure: bool) -> String {
    let seconds = LONGEST.num_seconds();
    let secure_mark = if secure { "; Secure" } else { "" };
    format!("{}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure_mark}", cookie_name(secure))
}

/// The `Set-Cookie` header that forgets the session.
pub(crate) fn clear_cookie(secure: bool) -> String {
    let secure_mark = if secure { "; Secure" } else { "" };
    format!("{}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure_mark}", cookie_name(secure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{create_user, set_password};

    async fn database() -> Database {
        let database = Database::open_in_memory(&[crate::MIGRATIONS]).unwrap();
        create_user(&database, "anne", Some("un mot de passe")).await.unwrap();
        database
    }

    #[tokio::test]
    async fn a_session_ends_when_idle_and_in_any_case_after_a_week() {
        let database = database().await;
        let start = Utc::now();
        let token = start_session(&database, 1, start).await.unwrap();
        assert_eq!(find_session(&database, &token, start).await.unwrap().unwrap().user, "anne");
        let idle = start + IDLE + TimeDelta::seconds(1);
        assert!(find_session(&database, &token, idle).await.unwrap().is_none());
        let mut now = start;
        while now < start + LONGEST {
            assert!(find_session(&database, &token, now).await.unwrap().is_some());
            now += IDLE - TimeDelta::minutes(1);
        }
        assert!(find_session(&database, &token, now).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_store_holds_no_token_and_a_new_password_ends_the_sessions() {
        let database = database().await;
        let token = start_session(&database, 1, Utc::now()).await.unwrap();
        let stored: Vec<u8> = database
            .read(|c| {
                Ok::<_, AuthError>(c.query_row("SELECT token_hash FROM sessions", [], |row| row.get(0))?)
            })
            .await
            .unwrap();
        assert_ne!(stored, token.as_bytes());
        assert_eq!(stored.len(), 32);
        set_password(&database, "ANNE", "un autre mot de passe").await.unwrap();
        assert!(find_session(&database, &token, Utc::now()).await.unwrap().is_none());
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "xvigie_session=a; vigie_session=b; c=d".parse().unwrap());
        assert_eq!(session_token(&headers, false), Some("b"));
        assert_eq!(session_token(&headers, true), None);
    }
}
