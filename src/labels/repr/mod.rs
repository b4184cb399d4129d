//! How arrays, datasets and coordinates print: what is where, in which units, and a few values. Printing
//! never reads a lazy array.

mod block;
mod value;

use std::fmt::{self, Display, Write};

use indexmap::IndexMap;

use super::attrs::{AttrValue, Attrs};
use super::coords::Coords;
use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::variable::{Name, Variable};
use block::{flat_items, write_block};

/// Columns of a line.
const WIDTH: usize = 80;
/// More coordinates or variables than this are elided in the middle.
const ROWS: usize = 30;
/// More attributes than this are elided in the middle.
const ATTR_ROWS: usize = 25;
/// Longest text of an attribute.
const ATTR_WIDTH: usize = 200;

/// A number of bytes for people: `8B`, `1.5kB`, `31MB`.
fn human_bytes(bytes: usize) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes}B"),
        _ if value < 9.95 => format!("{}{}", format!("{value:.1}").trim_end_matches(".0"), UNITS[unit]),
        _ => format!("{value:.0}{}", UNITS[unit]),
    }
}

/// Lengths of the chunks along an axis: one number where they are all alike.
fn chunk_text(v: &Variable) -> String {
    let lengths: Vec<String> = v.chunks().axes().iter().map(|a| a.largest().to_string()).collect();
    format!("({}{})", lengths.join(", "), if lengths.len() == 1 { "," } else { "" })
}

/// What a lazy array shows instead of values.
fn lazy_text(v: &Variable) -> String {
    format!("lazy, {} chunks of {}", v.chunks().count(), chunk_text(v))
}

fn sizes_text(sizes: &IndexMap<Name, usize>) -> String {
    sizes.iter().map(|(d, n)| format!("{d}: {n}")).collect::<Vec<_>>().join(", ")
}

/// Shortens a text to `width` characters, on one line.
fn cut(text: &str, width: usize) -> String {
    let line = text.replace('\n', "\\n");
    if line.chars().count() <= width {
        return line;
    }
    line.chars().take(width.saturating_sub(3)).chain("...".chars()).collect()
}

/// Writes rows, the middle ones elided if there are too many.
fn write_rows<T>(
    f: &mut fmt::Formatter<'_>,
    rows: &[T],
    most: usize,
    mut row: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    let elided = if rows.len() > most { rows.len() - most } else { 0 };
    let head = if elided > 0 { most.div_ceil(2) } else { rows.len() };
    for (i, r) in rows.iter().enumerate() {
        if i == head && elided > 0 {
            write!(f, "\n    ... ({elided} more)")?;
        }
        if i < head || i >= head + elided {
            f.write_char('\n')?;
            row(f, r)?;
        }
    }
    Ok(())
}

/// One line: name, dims, dtype, bytes, some values.
fn write_variable(
    f: &mut fmt::Formatter<'_>,
    mark: char,
    name: &str,
    name_width: usize,
    v: &Variable,
) -> fmt::Result {
    let dims = match v.ndim() {
        0 => String::new(),
        _ => format!("({}) ", v.dims().join(", ")),
    };
    let bytes = human_bytes(v.data().nbytes());
    let head = format!("  {mark} {name:<name_width$} {dims}{} {bytes} ", v.dtype());
    f.write_str(&head)?;
    match v.data().as_block() {
        Some(b) => f.write_str(&flat_items(b, WIDTH.saturating_sub(head.chars().count()))),
        None => f.write_str(&lazy_text(v)),
    }
}

fn name_width<'a>(names: impl Iterator<Item = &'a Name>) -> usize {
    names.map(|n| n.chars().count()).max().unwrap_or(0).clamp(7, 30)
}

fn write_coords(f: &mut fmt::Formatter<'_>, coords: &Coords, width: usize) -> fmt::Result {
    if coords.is_empty() {
        return Ok(());
    }
    f.write_str("\nCoordinates:")?;
    // Those with an index first: they say what the others lie along.
    let mut rows: Vec<(&Name, &Variable)> = coords.iter().collect();
    rows.sort_by_key(|(name, _)| coords.index(name).is_none());
    write_rows(f, &rows, ROWS, |f, (name, v)| {
        write_variable(f, if coords.index(name).is_some() { '*' } else { ' ' }, name, width, v)
    })
}

fn write_bare_dims(
    f: &mut fmt::Formatter<'_>,
    sizes: &IndexMap<Name, usize>,
    coords: &Coords,
) -> fmt::Result {
    let bare: Vec<&str> = sizes.keys().filter(|d| !coords.contains(d)).map(|d| &**d).collect();
    match bare.is_empty() {
        true => Ok(()),
        false => write!(f, "\nDimensions without coordinates: {}", bare.join(", ")),
    }
}

fn write_attrs(f: &mut fmt::Formatter<'_>, attrs: &Attrs) -> fmt::Result {
    if attrs.is_empty() {
        return Ok(());
    }
    f.write_str("\nAttributes:")?;
    let width = attrs.iter().map(|(n, _)| n.chars().count() + 1).max().unwrap_or(0).clamp(8, 30);
    let rows: Vec<(&str, &AttrValue)> = attrs.iter().collect();
    write_rows(f, &rows, ATTR_ROWS, |f, (name, value)| {
        let text = match value {
            AttrValue::Str(s) => s.clone(),
            AttrValue::Array(b) if b.ndim() == 0 => flat_items(b, ATTR_WIDTH),
            AttrValue::Array(b) => format!("[{}]", flat_items(b, ATTR_WIDTH)),
            AttrValue::Json(j) => j.to_string(),
        };
        write!(f, "    {:<width$} {}", format!("{name}:"), cut(&text, ATTR_WIDTH))
    })
}

impl Display for DataArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name().map(|n| format!(" '{n}'")).unwrap_or_default();
        let bytes = human_bytes(self.variable().data().nbytes());
        writeln!(f, "<DataArray{name} ({})> {} {bytes}", sizes_text(&self.sizes()), self.dtype())?;
        match self.variable().data().as_block() {
            Some(b) => write_block(f, b)?,
            None => write!(f, "[{}]", lazy_text(self.variable()))?,
        }
        write_coords(f, self.coords(), name_width(self.coords().names()))?;
        write_bare_dims(f, &self.sizes(), self.coords())?;
        write_attrs(f, self.attrs())
    }
}

impl Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.data_vars().values().chain(self.coords().iter().map(|(_, v)| v));
        let bytes: usize = all.map(|v| v.data().nbytes()).sum();
        let width = name_width(self.coords().names().chain(self.data_vars().keys()));
        write!(f, "<Dataset> {}", human_bytes(bytes))?;
        write!(f, "\nDimensions:  ({})", sizes_text(&self.sizes()))?;
        write_coords(f, self.coords(), width)?;
        write_bare_dims(f, &self.sizes(), self.coords())?;
        f.write_str("\nData variables:")?;
        if self.data_vars().is_empty() {
            f.write_str("\n    *empty*")?;
        }
        let rows: Vec<(&Name, &Variable)> = self.data_vars().iter().collect();
        write_rows(f, &rows, ROWS, |f, (name, v)| write_variable(f, ' ', name, width, v))?;
        write_attrs(f, &self.attrs)
    }
}

impl Display for Coords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("Coordinates: *empty*");
        }
        let mut text = String::new();
        write!(text, "{}", Lines(self))?;
        f.write_str(text.trim_start_matches('\n'))
    }
}

/// The rows of coordinates, with a line break in front.
struct Lines<'a>(&'a Coords);

impl Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_coords(f, self.0, name_width(self.0.names()))
    }
}

impl fmt::Debug for DataArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
