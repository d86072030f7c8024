//! How well tags agree with labels: precision, recall and F1, calibration, by language and source.

mod calibration;
mod errors;
mod plot;
mod uncertain;

use std::{
    collections::BTreeSet,
    fmt::{self, Display, Formatter},
};

use domain::{Emotion, Tag, Tags};

pub use errors::{Mistake, mistakes};
pub use plot::calibration_plot;
pub use uncertain::Band;

use crate::{
    ClassifierError, Tagger,
    labels::{LabelledText, OUTPUTS, Truth},
    settings::GROUPS,
};

/// How one tag was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TagReport {
    /// The tag.
    pub tag: Tag,
    /// Texts that carry it.
    pub support: usize,
    /// Of the texts tagged so, the share that carry it.
    pub precision: f32,
    /// Of the texts that carry it, the share tagged so.
    pub recall: f32,
    /// Their harmonic mean.
    pub f1: f32,
}

/// A group of tags on part of the texts, or on all.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupReport {
    /// `emotions`, `causes` or `flags`.
    pub group: &'static str,
    /// A language or a source; `all` for all texts.
    pub part: String,
    /// The texts.
    pub texts: usize,
    /// The mean F1 of the tags that occur.
    pub macro_f1: f32,
    /// The expected calibration error, over ten equal bins of all scores.
    pub calibration_error: f32,
}

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Every tag, on all texts.
    pub tags: Vec<TagReport>,
    /// Every group: on all texts, for each language, for each source.
    pub groups: Vec<GroupReport>,
    /// Texts by what they carry (rows) and what the tagger says (columns): anger, annoyance, both, neither.
    pub anger_or_annoyance: [[usize; 4]; 4],
    /// How decisions inside and outside the uncertain band did.
    pub bands: [Band; 2],
}

/// One text as labelled and as tagged.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Its language.
    pub language: String,
    /// Where it comes from.
    pub source: String,
    /// Its labels.
    pub truth: Truth,
    /// What the tagger says.
    pub tags: Tags,
}

/// Tags labelled texts. Blocks: call it from a thread that may.
///
/// # Errors
/// The model fails.
pub fn judge(tagger: &Tagger, texts: &[LabelledText]) -> Result<Vec<Judged>, ClassifierError> {
    let tags = tagger.tag_blocking(texts.iter().map(|text| text.text.clone()).collect())?;
    Ok(texts.iter().zip(tags).map(|(text, tags)| Judged::new(text, tags)).collect())
}

impl Judged {
    pub(crate) fn new(text: &LabelledText, tags: Tags) -> Self {
        Self { language: text.language.clone(), source: text.source.clone(), truth: text.truth, tags }
    }
}

/// Counts of agreement for one tag.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) hits: usize,
    pub(crate) false_alarms: usize,
    pub(crate) misses: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, truth: bool, tagged: bool) {
        match (truth, tagged) {
            (true, true) => self.hits += 1,
            (false, true) => self.false_alarms += 1,
            (true, false) => self.misses += 1,
            (false, false) => {}
        }
    }

    pub(crate) fn support(self) -> usize {
        self.hits + self.misses
    }

    fn precision(self) -> f32 {
        ratio(self.hits, self.hits + self.false_alarms)
    }

    fn recall(self) -> f32 {
        ratio(self.hits, self.support())
    }

    pub(crate) fn f1(self) -> f32 {
        ratio(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)
    }
}

/// The mean F1 of the tags that occur; 0 when none does.
pub(crate) fn macro_f1(counts: &[Counts]) -> f32 {
    let occurring: Vec<f32> =
        counts.iter().filter(|counts| counts.support() > 0).map(|counts| counts.f1()).collect();
    if occurring.is_empty() { 0.0 } else { occurring.iter().sum::<f32>() / occurring.len() as f32 }
}

impl Report {
    /// Compares tags with labels. Tags that nobody judged in a text do not count there.
    pub fn new(judged: &[Judged]) -> Self {
        let all: Vec<&Judged> = judged.iter().collect();
        let names: Vec<Tag> = Tag::all().collect();
        let tags = names
            .iter()
            .zip(counts(&all))
            .map(|(&tag, counts)| TagReport {
                tag,
                support: counts.support(),
                precision: counts.precision(),
                recall: counts.recall(),
                f1: counts.f1(),
            })
            .collect();
        let mut groups = Vec::new();
        for (group, outputs) in GROUPS {
            let mut add = |part: &str, texts: &[&Judged]| {
                groups.push(GroupReport {
                    group,
                    part: part.to_owned(),
                    texts: texts.len(),
                    macro_f1: macro_f1(&counts(texts)[outputs.clone()]),
                    calibration_error: calibration::error(texts.iter().copied(), &outputs),
                });
            };
            add("all", &all);
            for part_of in [|text: &Judged| text.language.clone(), |text: &Judged| text.source.clone()] {
                let parts: BTreeSet<String> = judged.iter().map(part_of).collect();
                for part in parts.iter().filter(|part| !part.is_empty()) {
                    let texts: Vec<&Judged> =
                        all.iter().copied().filter(|text| part_of(text) == *part).collect();
                    add(part, &texts);
                }
            }
        }
        Self { tags, groups, anger_or_annoyance: anger_or_annoyance(judged), bands: uncertain::bands(judged) }
    }

    /// The mean F1 of a group on all texts.
    pub fn macro_f1(&self, group: &str) -> f32 {
        let on_all = |report: &&GroupReport| report.group == group && report.part == "all";
        self.groups.iter().find(on_all).map_or(0.0, |report| report.macro_f1)
    }
}

impl Display for Report {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<16}{:>6}  {:>9}  {:>6}  {:>5}", "tag", "texts", "precision", "recall", "F1")?;
        for TagReport { tag, support, precision, recall, f1 } in &self.tags {
            let name = tag.as_str();
            writeln!(formatter, "{name:<16}{support:>6}  {precision:>9.3}  {recall:>6.3}  {f1:>5.3}")?;
        }
        writeln!(formatter)?;
        let heading = ("group", "texts of", "texts", "macro-F1", "calibration error");
        writeln!(
            formatter,
            "{:<10}{:<22}{:>6}  {:>8}  {:>17}",
            heading.0, heading.1, heading.2, heading.3, heading.4
        )?;
        for GroupReport { group, part, texts, macro_f1, calibration_error } in &self.groups {
            writeln!(
                formatter,
                "{group:<10}{part:<22}{texts:>6}  {macro_f1:>8.3}  {calibration_error:>17.3}"
            )?;
        }
        writeln!(
            formatter,
            "\n{:<18}{:>8}{:>11}{:>6}{:>9}",
            "carried / tagged", "anger", "annoyance", "both", "neither"
        )?;
        for (name, [anger, annoyance, both, neither]) in
            ["anger", "annoyance", "both", "neither"].iter().zip(self.anger_or_annoyance)
        {
            writeln!(formatter, "{name:<18}{anger:>8}{annoyance:>11}{both:>6}{neither:>9}")?;
        }
        writeln!(formatter)?;
        for Band { name, decisions, right } in &self.bands {
            writeln!(
                formatter,
                "{name}: {decisions} decisions, {:.1} % right",
                100.0 * ratio(*right, *decisions)
            )?;
        }
        Ok(())
    }
}

/// Where texts stand between the two emotions that differ by strength alone.
fn anger_or_annoyance(judged: &[Judged]) -> [[usize; 4]; 4] {
    let place = |anger: bool, annoyance: bool| match (anger, annoyance) {
        (true, false) => 0,
        (false, true) => 1,
        (true, true) => 2,
        (false, false) => 3,
    };
    let (anger, annoyance) = (Tag::Emotion(Emotion::Anger), Tag::Emotion(Emotion::Annoyance));
    let output = |tag: Tag| Tag::all().position(|other| other == tag).unwrap_or_default();
    let mut table = [[0; 4]; 4];
    for Judged { truth, tags, .. } in judged {
        if truth.known[output(anger)] && truth.known[output(annoyance)] {
            let carried = place(truth.holds[output(anger)], truth.holds[output(annoyance)]);
            table[carried][place(tags.has(anger), tags.has(annoyance))] += 1;
        }
    }
    table
}

fn counts(texts: &[&Judged]) -> [Counts; OUTPUTS] {
    let mut counts = [Counts::default(); OUTPUTS];
    for text in texts {
        for (output, tag) in Tag::all().enumerate() {
            if text.truth.known[output] {
                counts[output].add(text.truth.holds[output], text.tags.has(tag));
            }
        }
    }
    counts
}

fn ratio(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(language: &str, truth: bool, score: f32) -> Judged {
        let mut tags = Tags::default();
        tags.emotions.insert(Emotion::Anger, score);
        if score >= 0.5 {
            tags.held.push(Tag::Emotion(Emotion::Anger));
        }
        let mut holds = [false; OUTPUTS];
        holds[0] = truth;
        Judged {
            language: language.into(),
            source: String::new(),
            truth: Truth::unanimous(holds, [true; OUTPUTS]),
            tags,
        }
    }

    #[test]
    fn counts_hits_misses_and_false_alarms() {
        let texts = [
            judged("fr", true, 0.9),
            judged("fr", true, 0.2),
            judged("en", false, 0.8),
            judged("en", true, 0.7),
        ];
        let report = Report::new(&texts);
        let anger = report.tags[0];
        assert_eq!(anger.support, 3);
        assert!((anger.precision - 2.0 / 3.0).abs() < 1e-6 && (anger.recall - 2.0 / 3.0).abs() < 1e-6);
        assert!((report.macro_f1("emotions") - 2.0 / 3.0).abs() < 1e-6);
        let languages: Vec<_> = report.groups.iter().take(3).map(|group| group.part.as_str()).collect();
        assert_eq!(languages, ["all", "en", "fr"]);
        assert!(report.to_string().contains("anger                3      0.667   0.667  0.667"), "{report}");
    }

    #[test]
    fn a_tag_nobody_judged_does_not_count() {
        let mut text = judged("fr", false, 0.9);
        text.truth.known[0] = false;
        let report = Report::new(&[text, judged("fr", true, 0.9)]);
        assert_eq!(report.tags[0].precision, 1.0);
    }

    #[test]
    fn scores_that_tell_the_truth_are_calibrated() {
        let honest: Vec<Judged> = (0..10).map(|index| judged("fr", index < 9, 0.9)).collect();
        let boastful: Vec<Judged> = (0..10).map(|index| judged("fr", index < 4, 0.9)).collect();
        let error = |texts: &[Judged]| Report::new(texts).groups[0].calibration_error;
        assert!(error(&honest) < 1e-6);
        assert!((error(&boastful) - 0.1).abs() < 1e-6, "0.5 apart on a fifth of the scores");
    }

    #[test]
    fn anger_and_annoyance_are_told_apart_in_a_table() {
        let mut both = judged("fr", true, 0.9);
        both.truth.holds[2] = true;
        let report =
            Report::new(&[both, judged("fr", true, 0.9), judged("fr", false, 0.9), judged("fr", true, 0.1)]);
        assert_eq!(report.anger_or_annoyance, [[1, 0, 0, 1], [0; 4], [1, 0, 0, 0], [1, 0, 0, 0]]);
    }

    #[test]
    fn decisions_are_counted_by_how_sure_they_are() {
        let report =
            Report::new(&[judged("fr", true, 0.9), judged("fr", true, 0.55), judged("fr", true, 0.45)]);
        let [certain, uncertain] = &report.bands;
        assert_eq!((certain.decisions, certain.right), (3 * OUTPUTS - 2, 3 * OUTPUTS - 2));
        assert_eq!((uncertain.decisions, uncertain.right), (2, 1));
    }

    #[test]
    fn nothing_to_measure_is_zero() {
        assert_eq!(Report::new(&[]).macro_f1("emotions"), 0.0);
    }
}
