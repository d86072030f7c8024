//! The calibration plot (a reliability diagram: DeGroot and Fienberg, 1983): of texts with a score of 0.8, do eight in ten carry
//! the tag?

use plotters::prelude::*;

use super::{
    Judged,
    calibration::{self, Bin},
};
use crate::settings::GROUPS;

const SIZE: (u32, u32) = (640, 560);
/// Fewer scores than this in a bin say nothing.
const FEWEST: usize = 5;
const COLOURS: [RGBColor; GROUPS.len()] =
    [RGBColor(0, 95, 115), RGBColor(202, 103, 2), RGBColor(130, 60, 140)];

/// The plot as SVG, with a line for each group of tags.
///
/// # Errors
/// The drawing library's words, should it fail.
pub fn calibration_plot(judged: &[Judged]) -> Result<String, String> {
    let mut svg = String::new();
    draw(judged, &mut svg).map_err(|error| error.to_string())?;
    Ok(svg)
}

fn draw(judged: &[Judged], svg: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .caption("Calibration: the share that carries a tag, by score", ("sans-serif", 18))
        .x_label_area_size(40)
        .y_label_area_size(48)
        .build_cartesian_2d(0f64..1f64, 0f64..1f64)?;
    chart.configure_mesh().x_desc("score").y_desc("share that carries the tag").draw()?;
    chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], BLACK.mix(0.3)))?;
    for ((group, outputs), colour) in GROUPS.into_iter().zip(COLOURS) {
        let points = points(judged, outputs);
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
            .label(group)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        chart.draw_series(points.iter().map(|&point| Circle::new(point, 4, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .draw()?;
    area.present()?;
    Ok(())
}

/// Mean score and share, for each bin with enough scores.
fn points(judged: &[Judged], outputs: std::ops::Range<usize>) -> Vec<(f64, f64)> {
    let point = |bin: &Bin| (bin.scores / bin.count as f64, bin.carrying as f64 / bin.count as f64);
    calibration::bins(judged.iter(), &outputs).iter().filter(|bin| bin.count >= FEWEST).map(point).collect()
}

#[cfg(test)]
mod tests {
    use domain::Tags;

    use super::*;
    use crate::labels::{OUTPUTS, Truth};

    #[test]
    fn draws_a_line_for_each_group() {
        let judged = |score: f32| Judged {
            language: "fr".into(),
            source: String::new(),
            truth: Truth::unanimous([score > 0.5; OUTPUTS], [true; OUTPUTS]),
            tags: Tags { complaint: score, answer: score, ..Tags::default() },
        };
        let judged: Vec<Judged> = (0..100).map(|number| judged(number as f32 / 100.0)).collect();
        assert_eq!(points(&judged, GROUPS[2].1.clone()).len(), 10);
        let svg = calibration_plot(&judged).unwrap();
        assert!(
            svg.starts_with("<svg") && ["emotions", "causes", "flags"].iter().all(|name| svg.contains(name))
        );
        assert!(calibration_plot(&[]).is_ok());
    }
}
