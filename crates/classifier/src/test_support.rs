//! Stand-ins for the tests of this crate.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use domain::{Emotion, Tag, Tags};

use crate::{ClassifierError, TextTagger};

/// Finds anger wherever a text says "colère", and remembers what it was asked.
#[derive(Default)]
pub(crate) struct FakeTagger {
    refused: Option<&'static str>,
    pub(crate) down: AtomicBool,
    pub(crate) seen: Mutex<Vec<String>>,
}

impl FakeTagger {
    /// Fails on batches with a text that contains this.
    pub(crate) fn refusing(part: &'static str) -> Self {
        Self { refused: Some(part), ..Self::default() }
    }

    /// The texts given so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

#[async_trait]
impl TextTagger for FakeTagger {
    fn version(&self) -> &str {
        "fake-1"
    }

    async fn tag(&self, texts: Vec<String>) -> Result<Vec<Tags>, ClassifierError> {
        let refused = self.refused.is_some_and(|part| texts.iter().any(|text| text.contains(part)));
        if refused || self.down.load(Ordering::SeqCst) {
            return Err(ClassifierError::Encoder("refused".into()));
        }
        self.seen.lock().unwrap().extend(texts.iter().cloned());
        let anger = [Tag::Emotion(Emotion::Anger)];
        let tags_of = |text: &String| testkit::tags(if text.contains("colère") { &anger } else { &[] });
        Ok(texts.iter().map(tags_of).collect())
    }
}
