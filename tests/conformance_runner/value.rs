//! What a step takes and gives.

use graticule::error::Error;
use graticule::io::RawDataset;
use graticule::prelude::*;
use indexmap::IndexMap;

/// A value of a case: an argument, an input or the result of a step.
#[derive(Clone)]
pub enum Value {
    None,
    Scalar(Scalar),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// Start, stop, step.
    Slice(Box<[Value; 3]>),
    /// An array without dims.
    Array(Block),
    Mapping(IndexMap<String, Value>),
    /// `UniqueGrouper` and the like, with keyword arguments.
    Object(String, IndexMap<String, Value>),
    Variable(Variable),
    DataArray(DataArray),
    Dataset(Dataset),
    Raw(RawDataset),
}

/// Why a step, and with it perhaps the case, did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// graticule cannot do this (yet).
    Unsupported(String),
    /// graticule refused: right where the case expects an error.
    Refused(String),
    /// A wrong answer, a mistake of our own, or a case that makes no sense to the runner.
    Wrong(String),
}

pub type Outcome<T> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        let text = e.to_string().replace('\n', ";");
        match e.kind() {
            ErrorKind::Unsupported => Failure::Unsupported(text),
            // Our own mistake is no answer to a wrong call.
            ErrorKind::Internal => Failure::Wrong(format!("internal error: {text}")),
            _ => Failure::Refused(text),
        }
    }
}

impl From<graticule::time::TimeError> for Failure {
    fn from(e: graticule::time::TimeError) -> Self {
        Error::from(e).into()
    }
}

/// The failure of what graticule lacks.
pub fn unsupported<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Failure::Unsupported(what.into()))
}

/// The failure of a case that the runner cannot read.
pub fn broken<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Failure::Wrong(what.into()))
}

impl Value {
    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "None",
            Value::Scalar(_) => "scalar",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Slice(_) => "slice",
            Value::Array(_) => "array",
            Value::Mapping(_) => "mapping",
            Value::Object(..) => "object",
            Value::Variable(_) => "Variable",
            Value::DataArray(_) => "DataArray",
            Value::Dataset(_) => "Dataset",
            Value::Raw(_) => "Raw",
        }
    }

    /// Every variable in it, results and their coords.
    pub fn variables(&self) -> Vec<&Variable> {
        match self {
            Value::Variable(v) => vec![v],
            Value::DataArray(a) => {
                std::iter::once(a.variable()).chain(a.coords().iter().map(|(_, v)| v)).collect()
            }
            Value::Dataset(ds) => ds.data_vars().values().chain(ds.coords().iter().map(|(_, v)| v)).collect(),
            Value::Raw(raw) => raw.variables.values().collect(),
            Value::List(items) | Value::Tuple(items) => items.iter().flat_map(Value::variables).collect(),
            Value::Mapping(items) => items.values().flat_map(Value::variables).collect(),
            _ => Vec::new(),
        }
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Value::Scalar(Scalar::Bool(v))
    }
}

impl From<DataArray> for Value {
    fn from(v: DataArray) -> Self {
        Value::DataArray(v)
    }
}

impl From<Dataset> for Value {
    fn from(v: Dataset) -> Self {
        Value::Dataset(v)
    }
}

impl From<Variable> for Value {
    fn from(v: Variable) -> Self {
        Value::Variable(v)
    }
}
