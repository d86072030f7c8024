//! How fast texts are tagged by the model in `models/tagger`, and how fast stories are found.

use std::{path::Path, sync::LazyLock};

use divan::{Bencher, counter::ItemsCount};
use testkit::mention;
use vigie_classifier::{StoryIndex, StoryOptions, Tagger, TaggerOptions, identify_language};

const TEXTS: [&str; 4] = [
    "Troisième fois que j'écris à @Colisio : mon colis n'est toujours pas livré, le service client raccroche au nez 😡",
    "Merci Colisio, livraison rapide et livreur très aimable, je recommande.",
    "Colis perdu depuis mardi, aucun remboursement, l'application affiche « livré » #Colisio #arnaque",
    "Great delivery service, two parcels in one day. Will order again!",
];
const BATCH: usize = 256;

static TAGGER: LazyLock<Tagger> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tagger");
    Tagger::load(&folder, TaggerOptions::default()).expect("the model in models/tagger")
});

fn main() {
    divan::main();
}

fn texts() -> Vec<String> {
    (0..BATCH).map(|index| format!("{} {index}", TEXTS[index % TEXTS.len()])).collect()
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn tag_256_texts(bencher: Bencher) {
    LazyLock::force(&TAGGER);
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(texts)
        .bench_values(|texts| TAGGER.tag_blocking(texts).expect("tags"));
}

#[divan::bench(args = [true, false])]
fn place_in_stories(bencher: Bencher, reposts: bool) {
    let mut index = StoryIndex::new(StoryOptions::default());
    let mut number = 0u64;
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        number += 1;
        let text = TEXTS[(number % 4) as usize];
        let text = if reposts { text.to_owned() } else { text.replace(' ', &format!(" {number}")) };
        index.place(&mention(number, &text))
    });
}

#[divan::bench]
fn identify_languages(bencher: Bencher) {
    bencher.counter(ItemsCount::new(TEXTS.len())).bench(|| TEXTS.map(|text| identify_language(text, None)));
}
