//! A format of one's own, in one file: grids of elevations in Esri's ASCII form (`.asc`).
//!
//!     cargo run --release --example own_format [FILE.asc]
//!
//! Without a file it makes one under `target/`. Such a file is a header of six lines and then the rows, the northernmost
//! first:
//!
//!     ncols 4
//!     nrows 2
//!     xllcorner 7.0
//!     yllcorner 46.0
//!     cellsize 0.5
//!     NODATA_value -9999
//!     410 412 430 -9999
//!     400 401 405 420
//!
//! A backend tells which files are its own and opens them as variables; their values come from a source, which reads boxes
//! when they are needed, from many threads. The source is a description (path, shape, where rows begin), so that a plan
//! that reads it can travel to another process.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use graticule::array::ChunkGrid;
use graticule::error::Context;
use graticule::io::store::Location;
use graticule::io::{Backend, Found, RawDataset, register_backend};
use graticule::lazy::LazyArray;
use graticule::prelude::*;
use graticule::source::{Source, Traffic, stamp_of_file};
use serde::{Deserialize, Serialize};

/// The format.
#[derive(Debug)]
struct AsciiGrid;

impl Backend for AsciiGrid {
    fn name(&self) -> &str {
        "ascii-grid"
    }

    fn can_open(&self, found: &Found) -> Result<bool> {
        Ok(found.head().to_ascii_lowercase().starts_with(b"ncols"))
    }

    fn open(&self, location: &Location, group: Option<&str>) -> Result<RawDataset> {
        let Location::Path(path) = location else {
            return Err(Error::unsupported(format!("`{location}` is not a path")));
        };
        if let Some(group) = group {
            return Err(Error::not_found::<&str>("group", group, []));
        }
        open(path).at(|| path.display().to_string())
    }
}

/// Reads the header, and where each row begins.
fn open(path: &Path) -> Result<RawDataset> {
    let mut file = BufReader::new(File::open(path)?);
    let mut header = Vec::new();
    let mut offset = 0;
    for name in ["ncols", "nrows", "xllcorner", "yllcorner", "cellsize", "nodata_value"] {
        let mut line = String::new();
        offset += file.read_line(&mut line)? as u64;
        let mut words = line.split_whitespace();
        let (found, value) = (words.next().unwrap_or(""), words.next().and_then(|v| v.parse::<f64>().ok()));
        match value {
            Some(value) if found.eq_ignore_ascii_case(name) => header.push(value),
            _ => return Err(Error::storage(format!("`{}` stands where `{name}` belongs", line.trim()))),
        }
    }
    let (columns, rows) = (header[0] as usize, header[1] as usize);
    let mut starts = Vec::with_capacity(rows);
    for row in 0..rows {
        starts.push(offset);
        let length = file.skip_until(b'\n')?;
        if length == 0 {
            return Err(Error::storage(format!("row {row} of {rows} is missing")));
        }
        offset += length as u64;
    }
    let source = Grid { path: std::path::absolute(path)?, columns, starts };
    let mut elevation = Variable::new(["y", "x"], LazyArray::from_source(Arc::new(source)))?;
    // What the conventions call a missing value, opening a dataset makes NaN.
    elevation.attrs.insert("_FillValue", header[5] as f32);
    elevation.attrs.insert("units", "m");
    let centers = |start: f64, n: usize, backwards: bool| {
        let at = |i: usize| start + header[4] * (i as f64 + 0.5);
        (0..n).map(|i| if backwards { at(n - 1 - i) } else { at(i) }).collect::<Vec<f64>>()
    };
    let mut raw = RawDataset::new();
    raw.variables.insert("elevation".into(), elevation);
    raw.variables.insert("y".into(), Variable::from_vec(&[("y", rows)], centers(header[3], rows, true))?);
    raw.variables
        .insert("x".into(), Variable::from_vec(&[("x", columns)], centers(header[2], columns, false))?);
    Ok(raw)
}

/// The rows of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Grid {
    path: PathBuf,
    columns: usize,
    starts: Vec<u64>,
}

#[typetag::serde(name = "ascii-grid")]
impl Source for Grid {
    fn dtype(&self) -> DType {
        DType::F32
    }

    /// A task reads some hundred rows at once.
    fn grid(&self) -> ChunkGrid {
        let shape = [self.starts.len(), self.columns];
        ChunkGrid::regular(&shape, &[256.min(shape[0].max(1)), shape[1].max(1)])
    }

    fn read(&self, region: &Region, io: &Traffic) -> Result<Block> {
        let (rows, columns) = (region.axis(0), region.axis(1));
        let mut values = Vec::with_capacity(region.size());
        let mut file = File::open(&self.path)?;
        for row in rows {
            io.check()?;
            let mut line = Vec::new();
            file.seek(SeekFrom::Start(self.starts[row]))?;
            match self.starts.get(row + 1) {
                Some(next) => (&mut file).take(next - self.starts[row]).read_to_end(&mut line)?,
                None => file.read_to_end(&mut line)?,
            };
            io.count_read(line.len());
            let before = values.len();
            let words = String::from_utf8_lossy(&line);
            for word in words.split_whitespace().skip(columns.start).take(columns.len()) {
                let value = word.parse::<f32>();
                values
                    .push(value.map_err(|_| Error::storage(format!("`{word}` in row {row} is no number")))?);
            }
            if values.len() - before != columns.len() {
                return Err(Error::storage(format!("row {row} has fewer than {} numbers", columns.end)));
            }
        }
        Block::from_vec(&region.shape(), values)
    }

    fn stamp(&self) -> Option<String> {
        stamp_of_file(&self.path)
    }

    fn describe(&self) -> String {
        self.path.display().to_string()
    }
}

/// A file of hills.
fn make(path: &Path, rows: usize, columns: usize) -> Result<()> {
    let mut file = std::io::BufWriter::new(File::create(path)?);
    writeln!(file, "ncols {columns}\nnrows {rows}\nxllcorner 7.0\nyllcorner 46.0")?;
    writeln!(file, "cellsize 0.01\nNODATA_value -9999")?;
    for row in 0..rows {
        let heights = (0..columns).map(|column| match (row * column) % 997 {
            0 => "-9999".to_string(),
            n => format!("{:.1}", 500.0 + 0.3 * n as f64),
        });
        writeln!(file, "{}", heights.collect::<Vec<_>>().join(" "))?;
    }
    Ok(())
}

fn main() -> Result<()> {
    register_backend(AsciiGrid);
    let path = match std::env::args().nth(1) {
        Some(path) => PathBuf::from(path),
        None => {
            let path = PathBuf::from("target/hills.asc");
            std::fs::create_dir_all("target")?;
            make(&path, 1000, 800)?;
            path
        }
    };
    let ds = open_dataset(&path)?;
    println!("{ds}");
    let by_row = ds.get("elevation")?.mean("x")?;
    println!("{}", by_row.explain()?);
    println!("the highest row on average: {}", by_row.idxmax("y")?);
    Ok(())
}
