//! What the deviation rule finds in labelled real series, beside a fixed three-sigma rule and a median/MAD rule. One
//! setting for all series; the rules it stands beside get the threshold that is best for them.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    path::Path,
    time::Instant,
};

use anyhow::{Context, Result};
use mission_control_hub::scoring::parse_time;
use mission_control_protocol::Timestamp;
use mission_control_store::rules::deviation::{ANOMALY, DeviationDetector};

use crate::{
    nab::{self, Scored, Verdict},
    table::Row,
};

/// The labels beside the series: for each file the windows of its anomalies.
const LABELS: &str = "anomaly_windows.json";

/// Samples over which the median is taken.
const MEDIAN_OVER: usize = 288;

/// One labelled series.
struct Series {
    samples: Vec<(Timestamp, f64)>,
    windows: Vec<(usize, usize)>,
}

/// The rows; none, with the reason on stderr, where there are no labelled series in `directory`.
pub fn measure(directory: &Path) -> Result<Vec<Row>> {
    let labels = directory.join(LABELS);
    if !labels.exists() {
        eprintln!("detector: skipped, there is no {}", labels.display());
        return Ok(Vec::new());
    }
    let labels: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&fs::read_to_string(labels)?)?;
    let mut series = Vec::new();
    for (file, windows) in labels {
        series.push(read(&directory.join(&file), &windows).with_context(|| file)?);
    }
    let samples: usize = series.iter().map(|series| series.samples.len()).sum();
    let started = Instant::now();
    let deviation = score(&series, |series| {
        let mut detector = DeviationDetector::new();
        series.iter().map(|(at, value)| detector.observe(*at, *value).anomaly).collect()
    });
    let rate = samples as f64 / started.elapsed().as_secs_f64();
    let sigma = nab::best(&score(&series, three_sigma));
    let median = nab::best(&score(&series, median_mad));
    Ok(vec![
        row("deviation rule, as it is", nab::at(&deviation, ANOMALY), Some((sigma, median))),
        row("deviation rule, best threshold", nab::best(&deviation), Some((sigma, median))),
        row("sigma rule, best threshold", sigma, None),
        row("sigma rule, three sigma", nab::at(&score(&series, three_sigma), 3.0), None),
        row("median/MAD rule, best threshold", median, None),
        Row {
            work: format!("detector, {} series", series.len()),
            measured: format!("{rate:.0} samples/s"),
            beside: format!("{} bytes a series", DeviationDetector::new().bytes()),
            ratio: None,
            budget: "-".to_owned(),
            met: None,
        },
    ])
}

fn row(work: &str, verdict: Verdict, beside: Option<(Verdict, Verdict)>) -> Row {
    let Verdict { score, threshold, precision, recall, delay } = verdict;
    Row {
        work: format!("detector: {work}"),
        measured: format!(
            "NAB {score:.1} at {threshold:.3}; precision {precision:.2}, recall {recall:.2}, delay {delay:.0} samples"
        ),
        beside: beside.map_or_else(
            || "-".to_owned(),
            |(sigma, median)| format!("sigma {:.1}, median/MAD {:.1}", sigma.score, median.score),
        ),
        ratio: None,
        budget: beside.map_or_else(|| "-".to_owned(), |_| "NAB above 60".to_owned()),
        met: beside.map(|_| score > 60.0),
    }
}

fn score(series: &[Series], detector: impl Fn(&[(Timestamp, f64)]) -> Vec<f64>) -> Vec<Scored> {
    series
        .iter()
        .map(|series| Scored { scores: detector(&series.samples), windows: series.windows.clone() })
        .collect()
}

/// Standard deviations from the mean of all that came before.
fn three_sigma(samples: &[(Timestamp, f64)]) -> Vec<f64> {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0_f64);
    let mut scores = Vec::with_capacity(samples.len());
    for (_, value) in samples {
        let deviation = if count > 1.0 { (squares / (count - 1.0)).sqrt() } else { 0.0 };
        scores.push(if deviation > 0.0 { (value - mean).abs() / deviation } else { 0.0 });
        count += 1.0;
        let difference = value - mean;
        mean += difference / count;
        squares += difference * (value - mean);
    }
    scores
}

/// Robust deviations (1.4826 × MAD) from the median of a day of samples before.
fn median_mad(samples: &[(Timestamp, f64)]) -> Vec<f64> {
    let mut window: VecDeque<f64> = VecDeque::with_capacity(MEDIAN_OVER);
    let mut scores = Vec::with_capacity(samples.len());
    for (_, value) in samples {
        let middle = median(window.iter().copied().collect());
        let mad = median(window.iter().map(|value| (value - middle).abs()).collect());
        scores.push(if mad > 0.0 { (value - middle).abs() / (1.4826 * mad) } else { 0.0 });
        if window.len() == MEDIAN_OVER {
            window.pop_front();
        }
        window.push_back(*value);
    }
    scores
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

fn read(file: &Path, windows: &[(String, String)]) -> Result<Series> {
    let text = fs::read_to_string(file)?;
    let samples = text
        .lines()
        .skip(1)
        .map(|line| {
            let (time, value) = line.split_once(',').context("not `timestamp,value`")?;
            Ok((parse_time(time).with_context(|| time.to_owned())?, value.trim().parse()?))
        })
        .collect::<Result<Vec<(Timestamp, f64)>>>()?;
    let place = |time: &str| {
        let at = parse_time(time).with_context(|| time.to_owned())?;
        samples.iter().position(|sample| sample.0 == at).context("a label that is the time of no sample")
    };
    let windows =
        windows.iter().map(|(from, to)| Ok((place(from)?, place(to)?))).collect::<Result<Vec<_>>>()?;
    Ok(Series { samples, windows })
}
