//! Texts as windows of token ids.

use std::path::Path;

use tokenizers::Tokenizer;

use crate::{ClassifierError, ModelSettings, model_files};

/// Only so many characters of a text are tokenised: more than four windows of any ordinary text.
const MAX_CHARS: usize = 6_000;

/// Cuts texts into tokens and tokens into windows. Shared by all threads.
pub(crate) struct WindowCutter {
    tokenizer: Tokenizer,
    prefix: Vec<i64>,
    begin: i64,
    end: i64,
    pub(crate) pad: i64,
    max_tokens: usize,
    max_windows: usize,
}

impl WindowCutter {
    /// The tokenizer in a model's folder, cutting as the settings say.
    pub(crate) fn read(model_dir: &Path, settings: &ModelSettings) -> Result<Self, ClassifierError> {
        let path = model_dir.join(model_files::TOKENIZER);
        let json = std::fs::read(&path).map_err(|error| ClassifierError::model_file(&path, error))?;
        let unusable = |reason: String| ClassifierError::ModelUnusable { path: path.clone(), reason };
        let tokenizer = Tokenizer::from_bytes(json).map_err(|error| unusable(error.to_string()))?;
        if tokenizer.get_vocab_size(true) != settings.architecture.vocabulary {
            let (has, wants) = (tokenizer.get_vocab_size(true), settings.architecture.vocabulary);
            return Err(unusable(format!("it has {has} pieces, the model {wants}")));
        }
        let id = |token: &str| {
            tokenizer
                .token_to_id(token)
                .map(i64::from)
                .ok_or_else(|| unusable(format!("it has no token {token}")))
        };
        let (begin, end, pad) = (id("<s>")?, id("</s>")?, id("<pad>")?);
        let mut cutter = Self {
            tokenizer,
            prefix: Vec::new(),
            begin,
            end,
            pad,
            max_tokens: settings.max_tokens,
            max_windows: settings.max_windows,
        };
        cutter.prefix = cutter.ids(settings.prefix.trim_end())?;
        if cutter.prefix.len() + 2 >= cutter.max_tokens {
            return Err(unusable("the prefix leaves no room for text".into()));
        }
        Ok(cutter)
    }

    /// The windows of a text, at least one; each begins with the prefix.
    pub(crate) fn windows(&self, text: &str) -> Result<Vec<Vec<i64>>, ClassifierError> {
        let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(index, _)| index);
        let ids = self.ids(&text[..end])?;
        let room = self.max_tokens - self.prefix.len() - 2;
        let mut windows: Vec<Vec<i64>> =
            ids.chunks(room).take(self.max_windows).map(|chunk| self.window(chunk)).collect();
        if windows.is_empty() {
            windows.push(self.window(&[]));
        }
        Ok(windows)
    }

    /// The first window of a text, cut after `max_tokens`: what training sees.
    pub(crate) fn first_window(&self, text: &str, max_tokens: usize) -> Result<Vec<i64>, ClassifierError> {
        let mut window = self.windows(text)?.swap_remove(0);
        if window.len() > max_tokens {
            window.truncate(max_tokens - 1);
            window.push(self.end);
        }
        Ok(window)
    }

    fn window(&self, ids: &[i64]) -> Vec<i64> {
        let mut window = Vec::with_capacity(ids.len() + self.prefix.len() + 2);
        window.push(self.begin);
        window.extend(&self.prefix);
        window.extend(ids);
        window.push(self.end);
        window
    }

    fn ids(&self, text: &str) -> Result<Vec<i64>, ClassifierError> {
        let encoding = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|error| ClassifierError::Tokenizer(error.to_string()))?;
        Ok(encoding.get_ids().iter().copied().map(i64::from).collect())
    }
}
