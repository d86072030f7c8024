//! Who may see the pages: users, passwords, sessions, login links.

mod csrf;
mod gate;
pub(crate) mod limit;
mod links;
mod password;
mod sessions;
mod token;
mod users;

use state::{Migrations, StateError};

pub(crate) use csrf::{FIELD as CSRF_FIELD, mask as mask_csrf};
pub(crate) use gate::{refuse_foreign_origins, require_session, require_session_or_loopback};
pub use links::create_one_time_login;
pub(crate) use links::redeem_one_time_login;
pub(crate) use sessions::{
    Session, clear_cookie, cookie, end_session, find_session, session_cookie, session_token, start_session,
};
pub(crate) use users::check_password;
pub use users::{MIN_PASSWORD_CHARS, create_user, set_password, users};

/// The tables of users and sessions.
pub const MIGRATIONS: Migrations = Migrations { component: "web", steps: &[include_str!("schema.sql")] };

/// Why an account could not be made, changed or used.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The name is empty or has characters that a name cannot have.
    #[error("{0:?} cannot be a user name; use 1 to 64 letters, digits, dots, hyphens, underscores or @")]
    InvalidName(String),
    /// Somebody has the name.
    #[error("there is already a user {0:?}; choose another name, or set that user's password")]
    NameTaken(String),
    /// Nobody has the name.
    #[error("there is no user {0:?}; create it first")]
    UnknownUser(String),
    /// The password can be guessed.
    #[error("a password needs at least {MIN_PASSWORD_CHARS} characters")]
    PasswordTooShort,
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
    /// The store failed.
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<state::rusqlite::Error> for AuthError {
    fn from(error: state::rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}
