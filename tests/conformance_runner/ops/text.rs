//! Functions of text.

use graticule::labels::{OnError, Operand, PadSide, Pattern, Separator, Str, TextSlice};

use super::super::args::Args;
use super::super::value::{Failure, Outcome, Value, broken, unsupported};
use super::elementwise::operand;
use super::{Call, Op};

pub const OPS: &[(&str, Op)] = &[
    ("str.len", plain),
    ("str.capitalize", plain),
    ("str.lower", plain),
    ("str.upper", plain),
    ("str.swapcase", plain),
    ("str.title", plain),
    ("str.casefold", plain),
    ("str.isalnum", plain),
    ("str.isalpha", plain),
    ("str.isdecimal", plain),
    ("str.isdigit", plain),
    ("str.islower", plain),
    ("str.isnumeric", plain),
    ("str.isspace", plain),
    ("str.istitle", plain),
    ("str.isupper", plain),
    ("str.normalize", normalize),
    ("str.get", get),
    ("str.slice", slice_of),
    ("str.slice_replace", slice_replace),
    ("str.cat", cat),
    ("str.join", join),
    ("str.count", pattern),
    ("str.contains", pattern),
    ("str.match", pattern),
    ("str.startswith", ends),
    ("str.endswith", ends),
    ("str.pad", pad),
    ("str.center", pad),
    ("str.ljust", pad),
    ("str.rjust", pad),
    ("str.zfill", zfill),
    ("str.strip", strip),
    ("str.lstrip", strip),
    ("str.rstrip", strip),
    ("str.wrap", wrap),
    ("str.translate", translate),
    ("str.repeat", repeat),
    ("str.find", find),
    ("str.rfind", find),
    ("str.index", find),
    ("str.rindex", find),
    ("str.replace", replace),
    ("str.extract", extract),
    ("str.partition", partition),
    ("str.rpartition", partition),
    ("str.split", split),
    ("str.rsplit", split),
    ("str.get_dummies", get_dummies),
    ("str.encode", coding),
    ("str.decode", coding),
];

/// The functions of the array, and the name of the one that is called.
fn text<'a>(call: &Call<'a>) -> Outcome<(Str, &'a str)> {
    match &call.on {
        Value::DataArray(a) => Ok((a.str()?, &call.op["str.".len()..])),
        on => broken(format!("text functions of a {}", on.kind())),
    }
}

/// An argument that has a default.
fn argument(args: &mut Args, key: &str, default: impl Into<Operand>) -> Outcome<Operand> {
    args.opt(key).map_or_else(|| Ok(default.into()), operand)
}

fn plain(call: &mut Call) -> Outcome<Value> {
    let (s, name) = text(call)?;
    let result = match name {
        "len" => s.len(),
        "capitalize" => s.capitalize(),
        "lower" => s.lower(),
        "upper" => s.upper(),
        "swapcase" => s.swapcase(),
        "title" => s.title(),
        "casefold" => s.casefold(),
        "isalnum" => s.isalnum(),
        "isalpha" => s.isalpha(),
        "isdecimal" => s.isdecimal(),
        "isdigit" => s.isdigit(),
        "islower" => s.islower(),
        "isnumeric" => s.isnumeric(),
        "isspace" => s.isspace(),
        "istitle" => s.istitle(),
        "isupper" => s.isupper(),
        name => return unsupported(format!("str.{name}")),
    };
    Ok(result?.into())
}

fn normalize(call: &mut Call) -> Outcome<Value> {
    let form = call.args.string("form")?.unwrap_or_default();
    Ok(text(call)?.0.normalize(&form)?.into())
}

fn get(call: &mut Call) -> Outcome<Value> {
    let i = operand(call.args.need("i")?)?;
    let default = argument(&mut call.args, "default", "")?;
    Ok(text(call)?.0.get_or(i, default)?.into())
}

fn bounds(args: &mut Args, names: [&str; 3]) -> Outcome<TextSlice> {
    let mut slice = TextSlice::new();
    if let Some(start) = args.opt(names[0]) {
        slice = slice.start(operand(start)?);
    }
    if let Some(stop) = args.opt(names[1]) {
        slice = slice.stop(operand(stop)?);
    }
    if let Some(step) = args.opt(names[2]) {
        slice = slice.step(operand(step)?);
    }
    Ok(slice)
}

fn slice_of(call: &mut Call) -> Outcome<Value> {
    let bounds = bounds(&mut call.args, ["start", "stop", "step"])?;
    Ok(text(call)?.0.slice(bounds)?.into())
}

fn slice_replace(call: &mut Call) -> Outcome<Value> {
    let bounds = bounds(&mut call.args, ["start", "stop", "step"])?;
    let repl = argument(&mut call.args, "repl", "")?;
    Ok(text(call)?.0.slice_replace(bounds, repl)?.into())
}

fn cat(call: &mut Call) -> Outcome<Value> {
    let others: Vec<Operand> = call.args.list("others")?.into_iter().map(operand).collect::<Outcome<_>>()?;
    let sep = argument(&mut call.args, "sep", "")?;
    Ok(text(call)?.0.cat(others, sep)?.into())
}

fn join(call: &mut Call) -> Outcome<Value> {
    let sep = argument(&mut call.args, "sep", "")?;
    let dim = call.args.string("dim")?;
    let (s, _) = text(call)?;
    let Value::DataArray(a) = &call.on else { return broken("join of no array") };
    let dim = match (dim, a.dims()) {
        (Some(dim), _) => dim,
        (None, [dim]) => dim.to_string(),
        (None, []) => return Ok(a.clone().into()),
        (None, _) => return Err(Failure::Refused("a dimension to join must be named".into())),
    };
    Ok(s.join(&dim, sep)?.into())
}

fn pattern_of(args: &mut Args) -> Outcome<Pattern> {
    let pat = operand(args.need("pat")?)?;
    let literal = args.bool("regex")? == Some(false);
    let mut pattern = if literal { Pattern::literal(pat) } else { Pattern::new(pat) };
    if let Some(case) = args.bool("case")? {
        pattern = pattern.case(case);
    }
    // The numbers of Python's `re`.
    let flags = args.int("flags")?.unwrap_or(0);
    if flags & 2 != 0 {
        pattern = pattern.case(false);
    }
    Ok(pattern
        .multi_line(flags & 8 != 0)
        .dot_all(flags & 16 != 0)
        .verbose(flags & 64 != 0)
        .ascii(flags & 256 != 0))
}

fn pattern(call: &mut Call) -> Outcome<Value> {
    let pat = pattern_of(&mut call.args)?;
    let (s, name) = text(call)?;
    let result = match name {
        "count" => s.count(pat),
        "contains" => s.contains(pat),
        _ => s.match_(pat),
    };
    Ok(result?.into())
}

fn ends(call: &mut Call) -> Outcome<Value> {
    let pat = operand(call.args.need("pat")?)?;
    let (s, name) = text(call)?;
    Ok(if name == "startswith" { s.startswith(pat)? } else { s.endswith(pat)? }.into())
}

fn pad(call: &mut Call) -> Outcome<Value> {
    let width = operand(call.args.need("width")?)?;
    let fill = argument(&mut call.args, "fillchar", " ")?;
    let side = call.args.string("side")?;
    let (s, name) = text(call)?;
    let side = match (name, side.as_deref()) {
        ("pad", None | Some("left")) | ("rjust", _) => PadSide::Left,
        ("pad", Some("right")) | ("ljust", _) => PadSide::Right,
        ("pad", Some("both")) | ("center", _) => PadSide::Both,
        (_, side) => return Err(Failure::Refused(format!("padding on the side {side:?}"))),
    };
    Ok(s.pad(width, side, fill)?.into())
}

fn zfill(call: &mut Call) -> Outcome<Value> {
    let width = operand(call.args.need("width")?)?;
    Ok(text(call)?.0.zfill(width)?.into())
}

fn strip(call: &mut Call) -> Outcome<Value> {
    let to_strip = call.args.opt("to_strip").map(operand).transpose()?;
    let side = call.args.string("side")?;
    let (s, name) = text(call)?;
    let name = match (name, side.as_deref()) {
        ("strip", Some("left")) => "lstrip",
        ("strip", Some("right")) => "rstrip",
        (name, _) => name,
    };
    let result = match (name, to_strip) {
        ("strip", None) => s.strip(),
        ("lstrip", None) => s.lstrip(),
        ("strip", Some(set)) => s.strip_chars(set),
        ("lstrip", Some(set)) => s.lstrip_chars(set),
        (_, None) => s.rstrip(),
        (_, Some(set)) => s.rstrip_chars(set),
    };
    Ok(result?.into())
}

fn wrap(call: &mut Call) -> Outcome<Value> {
    let width = operand(call.args.need("width")?)?;
    Ok(text(call)?.0.wrap(width)?.into())
}

/// A mapping from code points (as text: names are texts) to texts or None.
fn translate(call: &mut Call) -> Outcome<Value> {
    let mut table = Vec::new();
    for (code, value) in call.args.mapping("table")? {
        let c = code.parse().ok().and_then(char::from_u32).ok_or_else(|| Failure::Wrong(code.clone()))?;
        let to = match value {
            Value::None => String::new(),
            v => super::args::string(&v)?,
        };
        table.push((c, to));
    }
    Ok(text(call)?.0.translate(table)?.into())
}

fn repeat(call: &mut Call) -> Outcome<Value> {
    let repeats = operand(call.args.need("repeats")?)?;
    Ok(text(call)?.0.repeat(repeats)?.into())
}

fn find(call: &mut Call) -> Outcome<Value> {
    let sub = operand(call.args.need("sub")?)?;
    let within = bounds(&mut call.args, ["start", "end", "step"])?;
    let side = call.args.string("side")?;
    let (s, name) = text(call)?;
    let result = match (name, side.as_deref()) {
        ("find", None | Some("left")) => s.find(sub, within),
        ("index", None | Some("left")) => s.index(sub, within),
        ("rfind", _) | ("find", _) => s.rfind(sub, within),
        _ => s.rindex(sub, within),
    };
    Ok(result?.into())
}

fn replace(call: &mut Call) -> Outcome<Value> {
    let pat = pattern_of(&mut call.args)?;
    let repl = operand(call.args.need("repl")?)?;
    let n = argument(&mut call.args, "n", -1)?;
    Ok(text(call)?.0.replace_n(pat, repl, n)?.into())
}

fn extract(call: &mut Call) -> Outcome<Value> {
    let pat = pattern_of(&mut call.args)?;
    let dim = call.args.string("dim")?;
    let (s, _) = text(call)?;
    Ok(match dim {
        Some(dim) => s.extract(pat, dim)?,
        None => s.extract_group(pat)?,
    }
    .into())
}

fn partition(call: &mut Call) -> Outcome<Value> {
    let sep = argument(&mut call.args, "sep", " ")?;
    let Some(dim) = call.args.string("dim")? else { return unsupported("lists as elements") };
    let (s, name) = text(call)?;
    Ok(if name == "partition" { s.partition(dim, sep)? } else { s.rpartition(dim, sep)? }.into())
}

fn split(call: &mut Call) -> Outcome<Value> {
    let sep = match call.args.opt("sep") {
        Some(sep) => Separator::At(operand(sep)?),
        None => Separator::Whitespace,
    };
    let maxsplit = call.args.int("maxsplit")?.and_then(|n| usize::try_from(n).ok());
    let Some(dim) = call.args.string("dim")? else { return unsupported("lists as elements") };
    let (s, name) = text(call)?;
    Ok(if name == "split" { s.split(dim, sep, maxsplit)? } else { s.rsplit(dim, sep, maxsplit)? }.into())
}

fn get_dummies(call: &mut Call) -> Outcome<Value> {
    let sep = argument(&mut call.args, "sep", "|")?;
    let dim = call.args.string("dim")?.unwrap_or_default();
    Ok(text(call)?.0.get_dummies(dim, sep)?.into())
}

fn coding(call: &mut Call) -> Outcome<Value> {
    let encoding = call.args.string("encoding")?.unwrap_or_default();
    let on_error: OnError = call.args.string("errors")?.as_deref().unwrap_or("strict").parse()?;
    let (s, name) = text(call)?;
    Ok(if name == "encode" { s.encode(&encoding, on_error)? } else { s.decode(&encoding, on_error)? }.into())
}
