//! The accounts.

use chrono::Utc;
use state::{
    Database,
    rusqlite::{ErrorCode, OptionalExtension, params},
};

use super::{AuthError, password};

/// The shortest password that is accepted.
pub const MIN_PASSWORD_CHARS: usize = 10;

/// Makes an account; without a password only login links open it.
///
/// # Errors
/// The name is no name or is taken, the password is too short, the store failed.
pub async fn create_user(database: &Database, name: &str, password: Option<&str>) -> Result<(), AuthError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    if !(1..=64).contains(&name.chars().count()) || !name.chars().all(allowed) {
        return Err(AuthError::InvalidName(name.to_owned()));
    }
    let hash = match password {
        Some(password) => Some(checked_hash(password).await?),
        None => None,
    };
    let name = name.to_owned();
    database
        .write(move |transaction| {
            let sql = "INSERT INTO users (name, password_hash, created_at) VALUES (?1, ?2, ?3)";
            match transaction.execute(sql, params![name, hash, Utc::now().timestamp_millis()]) {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                    Err(AuthError::NameTaken(name))
                }
                result => Ok(result.map(drop)?),
            }
        })
        .await
}

/// Sets a password and ends every session of the account.
///
/// # Errors
/// There is no such user, the password is too short, the store failed.
pub async fn set_password(database: &Database, name: &str, password: &str) -> Result<(), AuthError> {
    let hash = checked_hash(password).await?;
    let name = name.to_owned();
    database
        .write(move |transaction| {
            let changed = transaction
                .execute("UPDATE users SET password_hash = ?2 WHERE name = ?1", params![name, hash])?;
            if changed == 0 {
                return Err(AuthError::UnknownUser(name));
            }
            let sql = "DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = ?1)";
            transaction.execute(sql, [&name])?;
            Ok(())
        })
        .await
}

/// The names of all accounts, in alphabetical order.
///
/// # Errors
/// The store failed.
pub async fn users(database: &Database) -> Result<Vec<String>, AuthError> {
    database
        .read(|connection| {
            let mut statement = connection.prepare("SELECT name FROM users ORDER BY name")?;
            let names = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(names)
        })
        .await
}

async fn checked_hash(password: &str) -> Result<String, AuthError> {
    if password.chars().count() < MIN_PASSWORD_CHARS {
        return Err(AuthError::PasswordTooShort);
    }
    password::hash(password.to_owned()).await
}

/// The account's number if name and password belong together. Takes as long when there is no such account.
pub(crate) async fn check_password(
    database: &Database,
    name: &str,
    password: &str,
) -> Result<Option<i64>, AuthError> {
    let name = name.to_owned();
    let account: Option<(i64, Option<String>)> = database
        .read(move |connection| {
            let sql = "SELECT id, password_hash FROM users WHERE name = ?1";
            let account = connection.query_row(sql, [name], |row| Ok((row.get(0)?, row.get(1)?)));
            Ok::<_, AuthError>(account.optional()?)
        })
        .await?;
    let (id, hash) = account.map_or((None, None), |(id, hash)| (Some(id), hash));
    let matches = password::verify(password.to_owned(), hash).await?;
    Ok(id.filter(|_| matches))
}
