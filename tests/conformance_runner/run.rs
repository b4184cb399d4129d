//! One case: in memory, and again with chunked inputs.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use graticule::array::{AxisGrid, ChunkGrid};
use graticule::exec::{Executor, Local};
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use serde_json::Value as Json;

use super::case::{Case, Out};
use super::compare::{self, Computed};
use super::json::{self, Names};
use super::ops::{self, combine};
use super::report::Status;
use super::value::{Failure, Outcome, Value, broken, unsupported};

/// How the inputs lie.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Memory,
    Chunked,
}

/// More chunks than this test nothing new; long axes get longer chunks until there are fewer.
const MAX_CHUNKS: usize = 4096;

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `f` with panics noted instead of printed.
pub fn quietly(f: impl FnOnce()) {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|info| PANIC.set(Some(info.to_string().replace('\n', " ")))));
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    panic::set_hook(hook);
    if let Err(payload) = result {
        eprintln!("{}", PANIC.take().unwrap_or_default());
        panic::resume_unwind(payload);
    }
}

/// Runs a case both ways; the worse of the two counts.
pub fn run(case: &Case) -> Status {
    let mut missing = None;
    for (mode, name) in [(Mode::Memory, "in memory"), (Mode::Chunked, "chunked")] {
        match panic::catch_unwind(AssertUnwindSafe(|| run_as(case, mode))) {
            Ok(Ok(())) => {}
            Ok(Err(Failure::Unsupported(what))) => {
                missing.get_or_insert(what);
            }
            Ok(Err(Failure::Refused(what) | Failure::Wrong(what))) => {
                return Status::Failed(format!("{name}: {what}"));
            }
            Err(_) => {
                return Status::Failed(format!("{name}: panic: {}", PANIC.take().unwrap_or_default()));
            }
        }
    }
    missing.map_or(Status::Passed, Status::Unsupported)
}

fn run_as(case: &Case, mode: Mode) -> Outcome<()> {
    with_options(options(case)?, || run_steps(case, mode))
}

/// The options of a case; what only the oracle has is left out.
fn options(case: &Case) -> Outcome<Options> {
    let mut options = Options::default();
    for (name, value) in &case.options {
        match (name.as_str(), value) {
            ("keep_attrs", Json::Bool(keep)) => options.keep_attrs = *keep,
            ("keep_attrs", Json::String(s)) if s == "default" => {}
            ("arithmetic_join", Json::String(name)) => options.arithmetic_join = combine::join(name)?,
            ("arithmetic_compat", Json::String(name)) => options.arithmetic_compat = combine::compat(name)?,
            // Defaults that xarray announced, and that graticule has.
            ("use_new_combine_kwarg_defaults", Json::Bool(true)) | ("use_flox", _) => {}
            (name, value) => return unsupported(format!("option {name}={value}")),
        }
    }
    Ok(options)
}

fn run_steps(case: &Case, mode: Mode) -> Outcome<()> {
    let mut names = Names::new();
    for (name, input) in &case.inputs {
        let value = json::input(input)?;
        names.insert(name.clone(), if mode == Mode::Chunked { chunked(value)? } else { value });
    }
    let failing = case.failing_step();
    for step in &case.steps {
        let must_fail = failing.as_deref().is_some_and(|f| step.out.contains(f));
        let result = ops::run(step, &names);
        // Some mistakes show only in the data.
        let result = match result {
            Ok(value) if must_fail => compute(&[&value], mode).map(|_| value),
            result => result,
        };
        match result {
            Ok(_) if must_fail => return broken(format!("`{}` succeeded, expected an error", step.op)),
            Err(Failure::Refused(_)) if must_fail => return Ok(()),
            Err(e) => return Err(at(&step.op, e)),
            Ok(value) => bind(&mut names, &step.out, value)?,
        }
    }
    let mut results = Vec::new();
    for name in &case.outputs {
        let Some(value) = names.get(name) else { return broken(format!("no step gives {name}")) };
        results.push(value);
    }
    let computed = compute(&results, mode).map_err(|e| at("compute", e))?;
    for (name, value) in case.outputs.iter().zip(results) {
        compare::compare(value, &case.expected[name], &computed, &case.compare).map_err(|e| at(name, e))?;
    }
    Ok(())
}

fn at(place: &str, e: Failure) -> Failure {
    match e {
        Failure::Unsupported(what) => Failure::Unsupported(format!("{place}: {what}")),
        Failure::Refused(what) => Failure::Refused(format!("{place}: {what}")),
        Failure::Wrong(what) => Failure::Wrong(format!("{place}: {what}")),
    }
}

fn bind(names: &mut Names, out: &Out, value: Value) -> Outcome<()> {
    match (out, value) {
        (Out::One(name), value) => {
            names.insert(name.clone(), value);
        }
        (Out::Several(out), Value::List(values)) if out.len() == values.len() => {
            names.extend(out.iter().cloned().zip(values));
        }
        (Out::Several(out), value) => {
            return broken(format!("a {} for the names {}", value.kind(), out.join(", ")));
        }
    }
    Ok(())
}

/// The input in chunks of 1 or 2 along each dim; coordinates stay as they are.
fn chunked(value: Value) -> Outcome<Value> {
    let cut = |v: &Variable| -> Outcome<Variable> {
        let mut lens: Vec<usize> = (0..v.ndim()).map(|axis| 2 - axis % 2).collect();
        let shape = v.shape();
        let count =
            |lens: &[usize]| -> usize { shape.iter().zip(lens).map(|(n, l)| n.div_ceil(*l)).product() };
        while count(&lens) > MAX_CHUNKS {
            let longest = (0..lens.len()).max_by_key(|&i| shape[i] / lens[i]).unwrap_or(0);
            lens[longest] = 2 * lens[longest] + 1;
        }
        let grid = ChunkGrid(shape.iter().zip(&lens).map(|(&n, &l)| AxisGrid::regular(n, l)).collect());
        Ok(v.with_data(v.dims().to_vec(), v.data().rechunk(grid)?)?)
    };
    Ok(match value {
        Value::Variable(v) => cut(&v)?.into(),
        Value::DataArray(a) => {
            let chunked = DataArray::new(cut(a.variable())?, a.coords().clone())?;
            match a.name() {
                Some(name) => chunked.with_name(name.clone()).into(),
                None => chunked.into(),
            }
        }
        Value::Dataset(ds) => {
            let data_vars: Outcome<_> =
                ds.data_vars().iter().map(|(n, v)| Ok((n.clone(), cut(v)?))).collect();
            let mut chunked = Dataset::from_variables(data_vars?, ds.coords().clone())?;
            (chunked.attrs, chunked.encoding) = (ds.attrs, ds.encoding);
            chunked.into()
        }
        other => other,
    })
}

/// The elements of everything lazy in the values. Chunked, the plan also travels as bytes, and must
/// give the same bits.
fn compute(values: &[&Value], mode: Mode) -> Outcome<Computed> {
    let mut computed = Computed::default();
    let mut lazy: Vec<LazyArray> = Vec::new();
    for v in values.iter().flat_map(|v| v.variables()) {
        if v.data().as_block().is_none() && !lazy.iter().any(|a| a.id() == v.data().id()) {
            lazy.push(v.data().clone());
        }
    }
    if lazy.is_empty() {
        return Ok(computed);
    }
    let targets: Vec<Target> = lazy.iter().cloned().map(Target::Memory).collect();
    let plan = Plan::new(&targets)?;
    let local = Local::new().threads(2);
    let blocks = local.run(&plan)?.blocks;
    if mode == Mode::Chunked {
        let travelled = Plan::from_bytes(&plan.to_bytes()?)?;
        let again = local.run(&travelled)?.blocks;
        compare::same_bits(&blocks, &again).map_err(Failure::Wrong)?;
    }
    computed.0.extend(lazy.iter().map(LazyArray::id).zip(blocks));
    Ok(computed)
}
