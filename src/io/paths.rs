//! Which files are meant: one, a list, lists of lists, or all that a pattern matches.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Paths of files or stores, or patterns of them (`*`, `?`, `[a-f]`, `**`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Paths {
    /// A file or a store.
    One(PathBuf),
    /// All that match, in the order of their names.
    Pattern(String),
    /// A list; lists of lists stand for the positions along several dimensions.
    Many(Vec<Paths>),
}

macro_rules! patterns {
    ($($T:ty),*) => {$(
        impl From<$T> for Paths {
            fn from(text: $T) -> Self {
                Paths::Pattern(text.to_string())
            }
        }
    )*};
}
patterns!(&str, &String, String);

macro_rules! one {
    ($($T:ty),*) => {$(
        impl From<$T> for Paths {
            fn from(path: $T) -> Self {
                Paths::One(path.into())
            }
        }
    )*};
}
one!(&Path, &PathBuf, PathBuf);

impl<T: Into<Paths>> From<Vec<T>> for Paths {
    fn from(paths: Vec<T>) -> Self {
        Paths::Many(paths.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Paths>, const N: usize> From<[T; N]> for Paths {
    fn from(paths: [T; N]) -> Self {
        Paths::Many(paths.into_iter().map(Into::into).collect())
    }
}

impl<T: Clone + Into<Paths>> From<&[T]> for Paths {
    fn from(paths: &[T]) -> Self {
        Paths::Many(paths.iter().cloned().map(Into::into).collect())
    }
}

impl<T: Clone + Into<Paths>> From<&Vec<T>> for Paths {
    fn from(paths: &Vec<T>) -> Self {
        paths.as_slice().into()
    }
}

impl Paths {
    /// The same with the files that patterns match. In lists a pattern is a name: nothing is left out or added there.
    ///
    /// # Errors
    /// If there are none, or a pattern is not valid.
    pub(super) fn found(self) -> Result<Paths> {
        let all = match self {
            // An address; what is behind it cannot be listed in general.
            Paths::Pattern(address) if address.contains("://") => {
                Paths::Many(vec![Paths::One(address.into())])
            }
            Paths::Pattern(pattern) => {
                let invalid = |e: glob::PatternError| {
                    Error::invalid(format!("`{pattern}` is no pattern: {}", e.msg)).help(format!(
                        "`*`, `?`, `[...]` and `**` stand for names; a path that holds one of them is a list of one: \
                         `[\"{pattern}\"]`"
                    ))
                };
                let mut files = Vec::new();
                for path in glob::glob(&pattern).map_err(invalid)? {
                    let path = path.map_err(|e| Error::from(std::io::Error::from(e)).at(pattern.clone()))?;
                    files.push(Paths::One(path));
                }
                if files.is_empty() {
                    let folder = Path::new(&pattern).ancestors().skip(1).find(|p| p.is_dir());
                    let folder = folder.filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
                    return Err(Error::new(ErrorKind::NotFound, format!("no file matches `{pattern}`"))
                        .help(format!("the nearest folder that is there is {}", folder.display())));
                }
                Paths::Many(files)
            }
            one @ Paths::One(_) => Paths::Many(vec![one]),
            many => many.literal(),
        };
        match all.files().is_empty() {
            true => Err(Error::invalid("the list of files is empty")),
            false => Ok(all),
        }
    }

    fn literal(self) -> Paths {
        match self {
            Paths::Pattern(name) => Paths::One(name.into()),
            Paths::Many(paths) => Paths::Many(paths.into_iter().map(Paths::literal).collect()),
            one => one,
        }
    }

    /// All files in their order.
    pub(super) fn files(&self) -> Vec<&Path> {
        match self {
            Paths::One(path) => vec![path],
            Paths::Pattern(name) => vec![Path::new(name)],
            Paths::Many(paths) => paths.iter().flat_map(Paths::files).collect(),
        }
    }

    /// What errors call them.
    pub(super) fn describe(&self) -> String {
        match &self.files()[..] {
            [] => "no files".to_string(),
            [one] => one.display().to_string(),
            [first, .., last] => {
                format!("{} files, {} to {}", self.files().len(), first.display(), last.display())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_files_and_lists_are_what_they_say() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b1.nc", "b10.nc", "a.nc", "c.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let pattern = folder.path().join("*.nc").display().to_string();
        let found = Paths::from(&pattern).found().unwrap();
        let names: Vec<_> = found.files().iter().map(|f| f.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["a.nc", "b1.nc", "b10.nc"]);
        let nested = Paths::from([["x[1].nc", "*.nc"], ["c", "d"]]).found().unwrap();
        assert_eq!(nested.files(), ["x[1].nc", "*.nc", "c", "d"].map(Path::new));
        assert_eq!(nested.describe(), "4 files, x[1].nc to d");
        assert_eq!(Paths::from(Path::new("one.nc")).found().unwrap().describe(), "one.nc");
    }

    #[test]
    fn what_matches_nothing_is_an_error_that_tells_where_the_path_ends() {
        let folder = tempfile::tempdir().unwrap();
        let pattern = folder.path().join("not/there/*.nc").display().to_string();
        let error = Paths::from(&pattern).found().unwrap_err().to_string();
        assert!(
            error.contains("no file matches") && error.contains(&folder.path().display().to_string()),
            "{error}"
        );
        assert!(Paths::from(Vec::<PathBuf>::new()).found().unwrap_err().to_string().contains("empty"));
        assert!(Paths::from("a[").found().unwrap_err().to_string().contains("no pattern"));
    }
}
