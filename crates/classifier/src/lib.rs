#![doc = include_str!("../README.md")]

pub mod base;
mod classify;
mod error;
mod evaluate;
mod explain;
mod forward;
mod inference;
mod isolate;
mod labels;
mod language;
pub mod model_files;
mod native_caches;
mod network;
mod precision;
mod scores;
mod settings;
mod story;
mod tagger;
#[cfg(test)]
mod test_support;
mod tokens;
mod train;
mod weights;
mod worker;

pub use classify::{ClassifySummary, classify};
pub use error::ClassifierError;
pub use evaluate::{
    Band, GroupReport, Judged, Mistake, Report, TagReport, calibration_plot, judge, mistakes,
};
pub use explain::explain;
pub use labels::{LabelledText, OUTPUTS, TextSource, Truth, read as read_labelled};
pub use language::identify as identify_language;
pub use native_caches::bound_native_caches;
pub use precision::Precision;
pub use settings::{Architecture, ModelSettings, OutputSettings};
pub use story::{Placement, StoryHandle, StoryIndex, StoryOptions};
pub use tagger::{Tagger, TaggerOptions, TextTagger};
pub use train::{Progress, TrainOptions, TrainSummary, train};
pub use worker::{WorkerOptions, run};
