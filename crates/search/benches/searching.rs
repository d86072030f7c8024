//! How fast mentions are indexed and found, in an index of 50,000.

use std::sync::LazyLock;

use divan::{Bencher, counter::ItemsCount};
use domain::TaggedMention;
use journal::{Entry, TaggedReader};
use query::parse;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vigie_search::{PageRequest, SearchIndex};

const MENTIONS: u64 = 50_000;
const TEXTS: [&str; 4] = [
    "Troisième fois que j'écris à @Colisio : mon colis n'est toujours pas livré, le service client raccroche au nez 😡",
    "Merci Colisio, livraison rapide et livreur très aimable, je recommande.",
    "Colis perdu depuis mardi, aucun remboursement, l'application affiche « livré » #Colisio #arnaque",
    "Great delivery service, two parcels in one day. Will order again!",
];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime for the bench"));
static FILLED: LazyLock<(TempDir, SearchIndex)> = LazyLock::new(|| {
    let (dir, index) = empty();
    for start in (1..=MENTIONS).step_by(5_000) {
        apply(&index, &batch(start, 5_000));
    }
    (dir, index)
});

fn main() {
    divan::main();
}

fn empty() -> (TempDir, SearchIndex) {
    let dir = TempDir::new().expect("a folder for the bench");
    let index = SearchIndex::open(dir.path()).expect("an index for the bench");
    (dir, index)
}

fn batch(first: u64, length: u64) -> Vec<Entry<TaggedMention>> {
    let tags = testkit::angry_delivery_complaint();
    (first..first + length)
        .map(|id| {
            let text = TEXTS[usize::try_from(id % 4).unwrap_or_default()];
            let held = if id % 2 == 0 { &tags[..] } else { &[] };
            Entry { offset: id, record: testkit::tagged(id, &format!("{text} {id}"), held) }
        })
        .collect()
}

fn apply(index: &SearchIndex, batch: &[Entry<TaggedMention>]) {
    RUNTIME.block_on(index.reader_stage().apply(batch)).expect("the batch is applied");
}

#[divan::bench(args = [
    "colisio", "\"service client\"", "colis NEAR/5 (perdu OR livré)", "livr*", "colis -emotion:anger", "rating:<=2", "12345",
])]
fn first_page(bencher: Bencher<'_, '_>, text: &str) {
    let (_, index) = &*FILLED;
    let query = parse(text).expect("a query of the bench");
    bencher.bench(|| RUNTIME.block_on(index.search(&query, &PageRequest::first(50))).expect("found"));
}

#[divan::bench(args = [1, 100, 1_000], sample_count = 20)]
fn apply_a_batch(bencher: Bencher<'_, '_>, length: u64) {
    let (_dir, index) = empty();
    let mut first = 1;
    bencher.counter(ItemsCount::new(length)).bench_local(|| {
        apply(&index, &batch(first, length));
        first += length;
    });
}
