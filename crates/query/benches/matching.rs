//! How fast texts are held against the queries of many brands, as every collected post is.

use divan::{Bencher, counter::ItemsCount};
use vigie_query::{Document, Query, QuerySet, analysis, parse};

const POST: &str = "Troisième fois que j'écris à @Colisio : mon colis n'est toujours pas livré, le service client \
    raccroche au nez et l'application affiche « livré » depuis mardi 😡 Je veux être remboursée. #Colisio #arnaque https://colisio.example/suivi/42";

fn main() {
    divan::main();
}

fn brand_queries(count: usize) -> Vec<Query> {
    (0..count)
        .map(|index| {
            let name = if index == 0 { "colisio".to_owned() } else { format!("marque{index}") };
            let text =
                format!("({name} OR @{name} OR #{name} OR \"chez {name}\") -\"offre d'emploi\" -concours");
            parse(&text).expect("a query of the bench")
        })
        .collect()
}

#[divan::bench]
fn analyse_one_post(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(1usize)).bench(|| analysis::tokenize(divan::black_box(POST)));
}

#[divan::bench]
fn one_post_against_100_brands(bencher: Bencher<'_, '_>) {
    let set = QuerySet::new(brand_queries(100));
    let document = Document::of_text(POST);
    bencher.counter(ItemsCount::new(1usize)).bench(|| set.matching(divan::black_box(&document)));
}

#[divan::bench]
fn one_post_against_100_brands_one_by_one(bencher: Bencher<'_, '_>) {
    let queries = brand_queries(100);
    let document = Document::of_text(POST);
    bencher.counter(ItemsCount::new(1usize)).bench(|| {
        let analysed = divan::black_box(&document).analyse();
        queries.iter().filter(|query| query.matches_analysed(&analysed)).count()
    });
}

#[divan::bench]
fn analyse_one_megabyte(bencher: Bencher<'_, '_>) {
    let text = POST.repeat(1 + analysis::MAX_TEXT_BYTES / POST.len());
    bencher.bench(|| analysis::tokenize(divan::black_box(&text)));
}

#[divan::bench]
fn parse_a_query(bencher: Bencher<'_, '_>) {
    let text = "(colis OR paquet) NEAR/5 (perdu OR vol*) emotion:colère,exaspération rating:<=2 -promo \"service client\"";
    bencher.bench(|| parse(divan::black_box(text)));
}
