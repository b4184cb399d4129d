//! Which variables are coordinates: the attribute `coordinates` and its relatives (CF §5), bounds (§7.1).

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;

use super::decode::DecodeCoords;
use crate::error::{Error, Result};
use crate::labels::{AttrValue, Attrs, Name, Variable};

/// Attributes that name other variables.
pub(in crate::io) const RELATED: [&str; 10] = [
    "bounds",
    "grid_mapping",
    "climatology",
    "geometry",
    "node_coordinates",
    "node_count",
    "part_node_count",
    "interior_ring",
    "cell_measures",
    "formula_terms",
];

/// Those of them that can be lists of `role: name`.
const ROLES: [&str; 3] = ["grid_mapping", "cell_measures", "formula_terms"];

/// Attributes that bounds inherit from what they bound.
const INHERITED: [&str; 9] = [
    "units",
    "standard_name",
    "axis",
    "positive",
    "calendar",
    "long_name",
    "leap_month",
    "leap_year",
    "month_lengths",
];

/// Whether `units` are those of points in time.
pub(super) fn are_since(attrs: &Attrs) -> bool {
    attrs.get_str("units").is_some_and(|u| u.contains("since"))
}

/// Gives bounds of times the units of what they bound.
pub(super) fn spread_to_bounds(
    variables: &mut IndexMap<Name, Variable>,
    read: impl Fn(&mut Variable) -> &mut Attrs,
) {
    let mut news: Vec<(Name, Vec<(&str, AttrValue)>)> = Vec::new();
    for v in variables.values() {
        let mut v = v.clone();
        let Some(bounds) = v.attrs.get_str("bounds").map(Name::from) else { continue };
        let from = read(&mut v);
        if are_since(from) {
            let named = ["units", "calendar"].into_iter().filter_map(|a| Some((a, from.get(a)?.clone())));
            news.push((bounds, named.collect()));
        }
    }
    for (bounds, attrs) in news {
        let Some(b) = variables.get_mut(&bounds) else { continue };
        let to = read(b);
        for (name, value) in attrs {
            if !to.contains(name) {
                to.insert(name, value);
            }
        }
    }
}

/// Takes from bounds what they share with what they bound.
pub(super) fn strip_bounds(variables: &mut IndexMap<Name, Variable>) {
    let pairs: Vec<(Attrs, Name)> = variables
        .values()
        .filter_map(|v| Some((v.attrs.clone(), Name::from(v.attrs.get_str("bounds")?))))
        .collect();
    for (attrs, bounds) in pairs {
        let Some(b) = variables.get_mut(&bounds) else { continue };
        for name in INHERITED {
            if attrs.get(name).is_some() && b.attrs.get(name) == attrs.get(name) {
                b.attrs.remove(name);
            }
        }
    }
}

/// Moves the attributes that name coordinates to the encodings; the names that they give.
pub(super) fn take_names(
    variables: &mut IndexMap<Name, Variable>,
    global: &mut Attrs,
    which: DecodeCoords,
) -> Result<HashSet<Name>> {
    let mut names = HashSet::new();
    if which == DecodeCoords::None {
        return Ok(names);
    }
    let known: HashSet<Name> = variables.keys().cloned().collect();
    for (name, v) in variables.iter_mut() {
        if let Some(text) = v.attrs.get_str("coordinates").map(str::to_string) {
            names.extend(text.split_whitespace().map(Name::from).filter(|n| known.contains(n)));
            if let Some(value) = v.attrs.remove("coordinates") {
                v.encoding.insert("coordinates", value);
            }
        }
        if which != DecodeCoords::All {
            continue;
        }
        for attr in RELATED {
            let Some(text) = v.attrs.get_str(attr).map(str::to_string) else { continue };
            let related = related_names(attr, &text).map_err(|e| e.at(format!("variable `{name}`")))?;
            if related.iter().all(|n| known.contains(n)) {
                names.extend(related);
                v.encoding.insert(attr, text);
            } else {
                tracing::warn!(variable = %name, attribute = attr, "`{text}` names variables that are not there");
            }
            v.attrs.remove(attr);
        }
    }
    if let Some(text) = global.get_str("coordinates").map(str::to_string) {
        names.extend(text.split_whitespace().map(Name::from));
        global.remove("coordinates");
    }
    Ok(names)
}

/// The variables that a related attribute names.
fn related_names(attr: &str, text: &str) -> Result<Vec<Name>> {
    let text = text.replace(" :", ":");
    let words: Vec<&str> = text.split_whitespace().collect();
    if !ROLES.contains(&attr) || words.len() <= 1 {
        return Ok(words.into_iter().map(Name::from).collect());
    }
    let mut roles = Vec::new();
    let mut named = Vec::new();
    for word in words {
        match word.strip_suffix(':') {
            Some(role) => roles.push(Name::from(role)),
            None if roles.is_empty() => {
                return Err(Error::storage(format!("`{text}` in `{attr}` begins without a role and `:`")));
            }
            None => named.push(Name::from(word)),
        }
    }
    // In grid mappings the roles are the variables.
    Ok(if attr == "grid_mapping" { roles } else { named })
}

/// Notes in attributes which variables are coordinates, so that readers find them.
pub(super) fn give_names(variables: &mut IndexMap<Name, Variable>, global: &mut Attrs, coords: &[Name]) {
    let mut apart: BTreeSet<Name> = BTreeSet::new();
    let mut coords: Vec<Name> = coords.to_vec();
    coords.retain(|c| {
        let fits = !c.contains(' ');
        if !fits {
            tracing::warn!(coordinate = %c, "a name with a space cannot be noted as coordinate");
        }
        fits
    });
    for v in variables.values() {
        for attr in RELATED {
            if let Some(text) = v.encoding.get_str(attr) {
                apart.extend(coords.iter().filter(|c| text.contains(&***c)).cloned());
            }
        }
    }
    let dims_of: Vec<(Name, Vec<Name>)> =
        coords.iter().filter_map(|c| Some((c.clone(), variables.get(c)?.dims().to_vec()))).collect();
    let mut written: HashSet<Name> = HashSet::new();
    for (name, v) in variables.iter_mut() {
        let silent =
            |a: &Attrs| matches!(a.get("coordinates"), Some(AttrValue::Json(serde_json::Value::Null)));
        if silent(&v.encoding) || silent(&v.attrs) {
            v.encoding.remove("coordinates");
            v.attrs.remove("coordinates");
            continue;
        }
        if let Some(value) = v.encoding.remove("coordinates") {
            v.attrs.insert("coordinates", value);
        } else if !v.attrs.contains("coordinates") && !coords.contains(name) && v.axis(name).is_none() {
            let mut own: Vec<&str> = dims_of
                .iter()
                .filter(|(c, dims)| dims.iter().all(|d| v.axis(d).is_some()) && !apart.contains(c))
                .map(|(c, _)| &**c)
                .collect();
            own.sort_unstable();
            if !own.is_empty() {
                let text = own.join(" ");
                v.attrs.insert("coordinates", text);
            }
        }
        if let Some(text) = v.attrs.get_str("coordinates") {
            written.extend(text.split_whitespace().map(Name::from));
        }
    }
    let mut rest: Vec<&str> =
        coords.iter().filter(|c| !written.contains(*c) && !apart.contains(*c)).map(|c| &**c).collect();
    rest.sort_unstable();
    if !rest.is_empty() && !global.contains("coordinates") {
        global.insert("coordinates", rest.join(" "));
    }
}
