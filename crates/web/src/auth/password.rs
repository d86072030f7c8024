//! Argon2id, off the async threads and at most two at a time: each hash takes 19 MiB and some tens of milliseconds.

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use super::AuthError;

static WORKERS: Semaphore = Semaphore::const_new(2);

/// Compared against when there is no such user, so that both answers take the same time.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    hash_now("correct horse battery staple").expect("hashing a constant with default parameters works")
});

fn hash_now(password: &str) -> Result<String, AuthError> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| AuthError::Hash(error.to_string()))
}

async fn on_worker<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AuthError> {
    let _permit = WORKERS.acquire().await.map_err(|error| AuthError::Hash(error.to_string()))?;
    tokio::task::spawn_blocking(work).await.map_err(|error| AuthError::Hash(error.to_string()))
}

pub(super) async fn hash(password: String) -> Result<String, AuthError> {
    on_worker(move || hash_now(&password)).await?
}

/// Whether the password belongs to the hash; without a hash the same work is done and the answer is no.
pub(super) async fn verify(password: String, hash: Option<String>) -> Result<bool, AuthError> {
    on_worker(move || {
        let known = hash.is_some();
        let hash = hash.as_deref().unwrap_or(&NOBODY);
        let matches = PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        known && matches
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let stored = hash("entrée de port".to_owned()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("entrée de port".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!verify("entree de port".to_owned(), Some(stored)).await.unwrap());
        assert!(!verify("correct horse battery staple".to_owned(), None).await.unwrap());
    }
}
