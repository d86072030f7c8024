//! The demo: a written story, replayed through the real pipeline.
//!
//! The story's clock ends now: its posts carry the times at which they would have been published if the last one were
//! published at the end of the replay. So clocks, baselines and alerts, which all follow the time of publication, see
//! the story as it would have happened, only faster.

mod replay;
mod story;

pub use replay::Replay;
pub use story::Story;

use domain::Brand;

/// The brands of the story, as a configuration would name them.
const BRANDS: &str = include_str!("brands.toml");

/// The brands of the story.
pub fn brands() -> Vec<Brand> {
    #[derive(serde::Deserialize)]
    struct File {
        brands: Vec<Brand>,
    }
    toml::from_str::<File>(BRANDS).expect("the demo's brands are part of the program and tested").brands
}
