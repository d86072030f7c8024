//! How fast mentions are written and counted, in a store of 200,000.

use std::sync::LazyLock;

use chrono::TimeDelta;
use chrono_tz::Tz;
use divan::{Bencher, counter::ItemsCount};
use domain::TaggedMention;
use journal::{Entry, TaggedReader};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vigie_analytics::{Analytics, Bucket, Engine, EngineOptions, TrendFilter};

const MENTIONS: u64 = 200_000;
/// Mentions are spread over a month.
const SPREAD_SECONDS: i64 = 30 * 86_400;

struct Store {
    analytics: Analytics,
    _engine: Engine,
    _folder: TempDir,
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime for the bench"));
static FILLED: LazyLock<Store> = LazyLock::new(|| {
    let store = empty();
    for first in (0..MENTIONS).step_by(10_000) {
        apply(&store, &batch(first, 10_000));
    }
    store
});

fn main() {
    divan::main();
}

fn empty() -> Store {
    let folder = TempDir::new().expect("a folder for the bench");
    let options = EngineOptions {
        program: env!("CARGO_BIN_EXE_vigie-engine-host").into(),
        arguments: Vec::new(),
        library: None,
        data_dir: folder.path().to_owned(),
        max_memory_bytes: 2 << 30,
    };
    RUNTIME.block_on(async {
        let engine = Engine::start(options).await.expect("the engine starts");
        let analytics = Analytics::embedded(&engine).await.expect("the tables are made");
        Store { analytics, _engine: engine, _folder: folder }
    })
}

fn batch(first: u64, length: u64) -> Vec<Entry<TaggedMention>> {
    let tags = testkit::angry_delivery_complaint();
    (first..first + length)
        .map(|id| {
            let held = if id % 2 == 0 { &tags[..] } else { &[] };
            let text =
                format!("Troisième fois que j'écris à @Colisio : mon colis n'est toujours pas livré ({id})");
            let mut record = testkit::tagged(id, &text, held);
            let seconds = id.cast_signed().wrapping_mul(7919) % SPREAD_SECONDS;
            record.mention.published_at = testkit::at(seconds);
            Entry { offset: id + 1, record }
        })
        .collect()
}

fn apply(store: &Store, batch: &[Entry<TaggedMention>]) {
    RUNTIME.block_on(store.analytics.reader().apply(batch)).expect("the batch is applied");
}

fn month() -> TrendFilter {
    let (from, to) = (testkit::at(0), testkit::at(0) + TimeDelta::seconds(SPREAD_SECONDS));
    TrendFilter { brands: vec![testkit::brand_id()], from, to, source: None, language: None }
}

#[divan::bench(args = [1, 100, 10_000], sample_count = 10)]
fn apply_a_batch(bencher: Bencher<'_, '_>, length: u64) {
    let store = empty();
    let mut reader = store.analytics.reader();
    let mut first = 0;
    bencher.counter(ItemsCount::new(length)).bench_local(|| {
        let batch = batch(first, length);
        RUNTIME.block_on(reader.apply(&batch)).expect("the batch is applied");
        first += length;
    });
}

#[divan::bench(sample_count = 20)]
fn timeline_of_a_month_by_hours(bencher: Bencher<'_, '_>) {
    let (analytics, month) = (&FILLED.analytics, month());
    bencher
        .bench(|| RUNTIME.block_on(analytics.timeline(&month, Bucket::Hour, Tz::UTC)).expect("the points"));
}

#[divan::bench(sample_count = 20)]
fn timeline_of_a_month_from_the_mentions(bencher: Bencher<'_, '_>) {
    let (analytics, month) = (&FILLED.analytics, month());
    let kolkata = chrono_tz::Asia::Kolkata;
    bencher.bench(|| RUNTIME.block_on(analytics.timeline(&month, Bucket::Day, kolkata)).expect("the points"));
}

#[divan::bench(sample_count = 20)]
fn causes_of_a_month(bencher: Bencher<'_, '_>) {
    let (analytics, month) = (&FILLED.analytics, month());
    bencher.bench(|| RUNTIME.block_on(analytics.causes(&month)).expect("the causes"));
}
