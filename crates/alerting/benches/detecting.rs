//! How many mentions a second the detector takes in, the store included.

use divan::{Bencher, counter::ItemsCount};
use domain::TaggedMention;
use journal::{Entry, TaggedReader};
use state::Database;
use vigie_alerting::{Alerting, MIGRATIONS};

fn main() {
    divan::main();
}

const MENTIONS: u64 = 2_000;

fn mention(id: u64) -> TaggedMention {
    let held = if id.is_multiple_of(3) { testkit::angry_delivery_complaint() } else { Vec::new() };
    let mut tagged = testkit::tagged(id, "texte", &held);
    tagged.mention.published_at = testkit::at(i64::try_from(id).unwrap_or_default() * 60);
    tagged.mention.collected_at = tagged.mention.published_at;
    tagged
}

/// Batches of the size that the pipeline reads.
#[divan::bench(args = [1, 64, 500])]
fn detecting(bencher: Bencher<'_, '_>, batch: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let entries: Vec<_> = (1..=MENTIONS).map(|id| Entry { offset: id, record: mention(id) }).collect();
    bencher.counter(ItemsCount::new(entries.len())).bench_local(|| {
        let database = Database::open_in_memory(&[MIGRATIONS]).expect("a database");
        let mut reader = Alerting::new(database, &[]).reader();
        for batch in entries.chunks(batch) {
            runtime.block_on(reader.apply(batch)).expect("applied");
        }
    });
}
