//! Time and memory of this process as Linux counts them, and sums of results.

use graticule::prelude::*;
use serde_json::{Map, Value, json};

/// Processor time that this process has used, in seconds.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields after the name in parentheses; user and system time are the 12th and 13th of them, in hundredths.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Starts the count of [`peak_resident`] anew: what a workload began with has been read by then.
pub fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").ok();
}

/// Bytes of memory that are in use.
pub fn resident() -> usize {
    status("VmRSS:")
}

/// The most bytes of memory that were in use.
pub fn peak_resident() -> usize {
    status("VmHWM:")
}

fn status(field: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0) << 10
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n => (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0,
    }
}

/// The median of each part over the repeats.
pub fn medians(parts: &[Map<String, Value>]) -> Value {
    let names = parts.first().into_iter().flat_map(|p| p.keys());
    let of = |name: &String| {
        let values: Vec<f64> = parts.iter().filter_map(|p| p.get(name)?.as_f64()).collect();
        (name.clone(), json!(median(&values)))
    };
    Value::Object(names.map(of).collect())
}

/// Shape, count of missing values, sum and sum of squares of each variable.
pub fn checksums(ds: &Dataset) -> Result<Value> {
    let mut sums = Map::new();
    for name in ds.data_vars().keys() {
        let a = ds.get(name)?.astype(DType::F64)?;
        let missing = a.isnull()?.sum(..)?.to_vec::<i64>()?[0];
        let (sum, squares) = (a.sum(..)?.to_vec::<f64>()?[0], a.mul(&a)?.sum(..)?.to_vec::<f64>()?[0]);
        sums.insert(name.to_string(), json!({"shape": a.shape(), "nan": missing, "sum": sum, "sq": squares}));
    }
    Ok(Value::Object(sums))
}
