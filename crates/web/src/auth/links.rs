//! Login links that open a session once.

use chrono::{DateTime, TimeDelta, Utc};
use state::{
    Database,
    rusqlite::{OptionalExtension, params},
};

use super::{AuthError, token};

/// How long a login link waits to be used.
const LIFETIME: TimeDelta = TimeDelta::hours(1);

/// Makes a token that logs the user in once, within one hour, at `/login?token=…`.
///
/// # Errors
/// There is no such user, or the store failed.
pub async fn create_one_time_login(database: &Database, user: &str) -> Result<String, AuthError> {
    let text = token::encode(&token::random());
    let hash = token::hash(&text);
    let user = user.to_owned();
    let expires_at = (Utc::now() + LIFETIME).timestamp_millis();
    database
        .write(move |transaction| {
            let sql = "INSERT INTO login_links (token_hash, user_id, expires_at) SELECT ?1, id, ?2 FROM users WHERE name = ?3";
            match transaction.execute(sql, params![hash, expires_at, user])? {
                0 => Err(AuthError::UnknownUser(user)),
                _ => Ok(()),
            }
        })
        .await?;
    Ok(text)
}

/// Uses a link up; the account's number unless it was used before or came too late.
pub(crate) async fn redeem_one_time_login(
    database: &Database,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<i64>, AuthError> {
    let hash = token::hash(token);
    let now = now.timestamp_millis();
    database
        .write(move |transaction| {
            let sql = "DELETE FROM login_links WHERE token_hash = ?1 AND expires_at >= ?2 RETURNING user_id";
            let user = transaction.query_row(sql, params![hash, now], |row| row.get(0)).optional()?;
            transaction.execute("DELETE FROM login_links WHERE expires_at < ?1", [now])?;
            Ok(user)
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::create_user;

    #[tokio::test]
    async fn a_link_opens_once_and_within_its_hour() {
        let database = Database::open_in_memory(&[crate::MIGRATIONS]).unwrap();
        create_user(&database, "anne", None).await.unwrap();
        let token = create_one_time_login(&database, "anne").await.unwrap();
        assert_eq!(redeem_one_time_login(&database, &token, Utc::now()).await.unwrap(), Some(1));
        assert_eq!(redeem_one_time_login(&database, &token, Utc::now()).await.unwrap(), None);
        let late = create_one_time_login(&database, "anne").await.unwrap();
        let after = Utc::now() + LIFETIME + TimeDelta::seconds(1);
        assert_eq!(redeem_one_time_login(&database, &late, after).await.unwrap(), None);
        assert!(matches!(create_one_time_login(&database, "bob").await, Err(AuthError::UnknownUser(_))));
    }
}
