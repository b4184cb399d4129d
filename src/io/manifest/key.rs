//! What was asked for: a manifest serves only those who ask for the same.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::packed::Packed;
use crate::error::{Error, Result};
use crate::io::open_many::{Combine, MultiFileOptions};
use crate::io::paths::Paths;
use crate::labels::{CombineDim, ConcatDim, Coords, Dataset, Options, Variable};

/// Which program opened which files how.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Key {
    /// Also the machine: numbers lie in the manifest as in memory.
    program: String,
    files: Paths,
    /// Where relative paths start, if there are any.
    folder: Option<PathBuf>,
    options: String,
    /// The labels of new dimensions, which the text of the options does not tell.
    labels: ByteBuf,
}

impl Key {
    /// What is asked for now.
    ///
    /// # Errors
    /// If the options hold a function without a name, or labels that cannot be stored.
    pub(super) fn of(files: &Paths, options: &MultiFileOptions) -> Result<Key> {
        if options.preprocess.is_some() && options.preprocess_name.is_none() {
            return Err(Error::invalid(
                "a manifest cannot tell one function from another, and the function of `preprocess` has no name",
            )
            .help(
                "give it one that stands for what it does, and another one when that changes: \
                 `preprocess_named(\"without checksum\", f)`",
            ));
        }
        let relative = files.files().iter().any(|f| f.is_relative());
        let folder = if relative { Some(std::env::current_dir()?) } else { None };
        // Where the manifest lies changes nothing.
        let told = MultiFileOptions { manifest: None, ..options.clone() };
        Ok(Key {
            program: format!("graticule {} on {}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH),
            files: files.clone(),
            folder,
            options: format!("{told:?} {:?}", Options::current()),
            labels: labels(&options.combine)?,
        })
    }

    /// In what a manifest's key differs from this one.
    pub(super) fn difference(&self, found: &Key) -> Option<String> {
        if found.program != self.program {
            return Some(format!("the manifest is that of {}", found.program));
        }
        if (&found.files, &found.folder) != (&self.files, &self.folder) {
            let count = |key: &Key| key.files.files().len();
            return Some(format!(
                "the manifest is that of other files ({}, now {})",
                count(found),
                count(self)
            ));
        }
        (found != self).then(|| "the manifest is that of other options".to_string())
    }
}

fn labels(combine: &Combine) -> Result<ByteBuf> {
    let Combine::Nested(dims) = combine else { return Ok(ByteBuf::new()) };
    let one = |v: &Variable| {
        let of = [("labels".into(), v.clone())].into_iter().collect();
        Packed::of(&Dataset::from_variables(of, Coords::new())?)
    };
    let labels = dims.iter().filter_map(|dim| match dim {
        CombineDim::Concat(ConcatDim::Labels(v)) => Some(one(v)),
        CombineDim::Concat(ConcatDim::Name(_)) | CombineDim::Merge => None,
    });
    let labels = labels.collect::<Result<Vec<Packed>>>()?;
    let bytes = rmp_serde::to_vec(&labels);
    Ok(ByteBuf::from(bytes.map_err(|e| Error::unsupported("the labels cannot be stored").caused_by(e))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::OpenOptions;
    use crate::labels::{ConcatOptions, Strict, with_options};

    #[test]
    fn each_option_makes_another_key() {
        let files = Paths::from(["/a.nc", "/b.nc"]).found().unwrap();
        let new = MultiFileOptions::new;
        let labelled = |values: [i64; 2]| {
            let labels = Variable::from_vec(&[("member", 2)], values.to_vec()).unwrap();
            MultiFileOptions { combine: Combine::Nested(vec![(&labels).into()]), ..new() }
        };
        let all = [
            new(),
            new().open(OpenOptions::new().group("g")),
            new().open(OpenOptions::new().decode_times(false)),
            new().open(OpenOptions::new().chunks([("x", 2)])),
            new().nested(["time"]),
            new().nested(["member"]),
            labelled([1, 2]),
            labelled([1, 3]),
            new().concat(ConcatOptions { join: crate::index::Join::Outer, ..ConcatOptions::default() }),
            new().concat(ConcatOptions { fill_value: Some(1.5.into()), ..ConcatOptions::default() }),
            new().preprocess_named("a", Ok),
            new().preprocess_named("b", Ok),
            new().attrs_file("/a.nc"),
            new().skip_broken(true),
        ];
        let keys: Vec<Key> = all.iter().map(|o| Key::of(&files, o).unwrap()).collect();
        for (i, a) in keys.iter().enumerate() {
            for (j, b) in keys.iter().enumerate() {
                assert_eq!(a.difference(b).is_none(), i == j, "{i} and {j}");
            }
        }
        assert!(keys[0].difference(&Key::of(&files, &new().manifest("m")).unwrap()).is_none());
        let strict = Options { strict: Strict::ALL, ..Options::default() };
        let strict = with_options(strict, || Key::of(&files, &new())).unwrap();
        assert!(keys[0].difference(&strict).unwrap().contains("options"));
    }

    #[test]
    fn files_programs_and_folders_make_another_key() {
        let key = |files: Paths| Key::of(&files.found().unwrap(), &MultiFileOptions::new()).unwrap();
        let ours = key(["/a.nc", "/b.nc"].into());
        for other in [Paths::from(["/b.nc", "/a.nc"]), [["/a.nc", "/b.nc"]].into(), ["/a.nc"].into()] {
            assert!(ours.difference(&key(other)).unwrap().contains("other files"));
        }
        let older = Key { program: "graticule 0.0.1 on it".to_string(), ..key(["/a.nc", "/b.nc"].into()) };
        assert_eq!(ours.difference(&older).unwrap(), "the manifest is that of graticule 0.0.1 on it");
        assert!(ours.folder.is_none());
        let here = key(["a.nc"].into());
        let elsewhere = Key { folder: Some("/elsewhere".into()), ..key(["a.nc"].into()) };
        assert!(here.difference(&elsewhere).unwrap().contains("other files"));
    }

    #[test]
    fn a_function_needs_a_name() {
        let files = Paths::from(["/a.nc"]).found().unwrap();
        let error = Key::of(&files, &MultiFileOptions::new().preprocess(Ok)).unwrap_err().to_string();
        assert!(error.contains("`preprocess` has no name") && error.contains("preprocess_named"), "{error}");
    }
}
