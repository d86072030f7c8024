//! Helpers shared by the whole-pipeline tests: they run the program as its users do, and look at what it leaves.

mod http;
mod posts;
mod process;
mod program;
mod serving;
mod site;
mod world;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub use http::{Response, request};
pub use posts::{Post, angry_burst, csv, everyday_history, generated, jsonl};
pub use process::{children_of, is_running, kill, wait_until_gone};
pub use program::program;
pub use serving::Serving;
pub use site::{Site, feed, hashtag_timeline};
pub use world::{Output, Running, World};

/// How often something is looked at again while waiting for it.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are in a folder of the repository")
        .to_owned()
}

/// Looks again and again until there is an answer.
///
/// # Panics
/// There is none within the seconds; the message says what was waited for.
pub fn eventually<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {seconds} s in vain: {what}");
        pause();
    }
}

/// Waits a moment before looking again.
#[expect(clippy::disallowed_methods, reason = "the tests drive other processes from threads of their own")]
pub(crate) fn pause() {
    std::thread::sleep(LOOK_AGAIN);
}
