//! Random tokens, of which only hashes are stored.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// 256 random bits.
pub(super) fn random() -> [u8; 32] {
    rand::random()
}

/// As text for cookies, addresses and forms.
pub(super) fn encode(token: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(token)
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// What the store keeps of a token. The token is random, so a plain hash needs no salt.
pub(super) fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}
