//! The table the benchmarks print.

/// One line: what was measured, beside what.
pub struct Row {
    /// What was measured.
    pub work: String,
    /// The figure, with its unit.
    pub measured: String,
    /// The floor or peer of the same run, with its unit.
    pub beside: String,
    /// Measured against the floor.
    pub ratio: Option<f64>,
    /// The budget of the design, in words.
    pub budget: String,
    /// Whether it is met; `None` where there is none.
    pub met: Option<bool>,
}

/// The rows as aligned text.
pub fn render(rows: &[Row]) -> String {
    let mut lines = vec![["work", "measured", "beside", "ratio", "budget", "met"].map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        [
            row.work.clone(),
            row.measured.clone(),
            row.beside.clone(),
            row.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            row.budget.clone(),
            match row.met {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => "-".to_owned(),
            },
        ]
    }));
    let widths: Vec<usize> = (0..6)
        .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    lines
        .iter()
        .map(|line| {
            let cells: Vec<_> =
                line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect::<Vec<_>>()
        .join("\n")
}
