//! Values at other places: the same in memory and in chunks, of only the rows that they need.

use std::sync::{Arc, Mutex};

use graticule::array::{AxisGrid, Block, ChunkGrid, Region};
use graticule::exec::{Executor, Local};
use graticule::kernel::interp::Outside;
use graticule::labels::Interp;
use graticule::lazy::LazyArray;
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use graticule::source::{Source, Traffic};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

const SHAPE: [usize; 3] = [5, 8, 7];

fn labelled(block: Block, shape: &[usize]) -> DataArray {
    let mut coords = Coords::new();
    for (dim, n) in ["t", "y", "x"].into_iter().zip(shape) {
        // Not evenly, and along y downwards.
        let place = |i: usize| (i + i % 3) as f64 * if dim == "y" { -1.5 } else { 2.0 };
        let labels = (0..*n).map(place).collect::<Vec<f64>>();
        coords.insert(dim, Variable::from_vec(&[(dim, *n)], labels).unwrap()).unwrap();
    }
    DataArray::new(Variable::new(["t", "y", "x"], block).unwrap(), coords).unwrap()
}

fn chunked(a: &DataArray, lens: [usize; 3]) -> DataArray {
    let grid = ChunkGrid(a.shape().iter().zip(lens).map(|(&n, l)| AxisGrid::regular(n, l)).collect());
    let data = a.variable().data().rechunk(grid).unwrap();
    DataArray::new(a.variable().with_data(a.dims().to_vec(), data).unwrap(), a.coords().clone()).unwrap()
}

fn arrays() -> Vec<(&'static str, DataArray)> {
    let n: usize = SHAPE.iter().product();
    let number = |i: usize| ((i * 37 + 11) % 23) as f64 - 9.0;
    let floats: Vec<f64> = (0..n).map(number).collect();
    let ticks = (0..n).map(|i| number(i) as i64 * 86_400).collect();
    vec![
        ("f64", Block::from_vec(&SHAPE, floats.clone())),
        ("f32", Block::from_vec(&SHAPE, floats.iter().map(|v| *v as f32).collect())),
        ("i16", Block::from_vec(&SHAPE, floats.iter().map(|v| *v as i16).collect())),
        ("c64", Block::from_vec(&SHAPE, floats.iter().map(|v| Complex::new(*v as f32, 1.5)).collect())),
        ("c128", Block::from_vec(&SHAPE, floats.iter().map(|v| Complex::new(*v, -v)).collect())),
        ("times", Block::from_vec::<i64>(&SHAPE, ticks).map(|b| b.retype(DType::DATETIME_NS))),
    ]
    .into_iter()
    .map(|(name, block)| (name, labelled(block.unwrap(), &SHAPE)))
    .collect()
}

fn points(dims: &[(&str, usize)], from: f64, step: f64) -> DataArray {
    let n: usize = dims.iter().map(|d| d.1).product();
    let values = (0..n).map(|i| from + step * ((i * 5) % n) as f64).collect();
    DataArray::from_vec(dims, values).unwrap()
}

fn targets() -> Vec<(&'static str, Interp)> {
    let many = points(&[("x", 23)], -1.0, 0.7).load().unwrap();
    vec![
        ("a list", Interp::new().at("x", many.clone())),
        ("a list in the middle", Interp::new().at("y", points(&[("y", 11)], -12.0, 1.1).load().unwrap())),
        ("a place", Interp::new().at("t", 3.0)),
        ("a square", Interp::new().at("y", points(&[("p", 3), ("q", 4)], -11.0, 0.9))),
        ("its own", Interp::new().at("x", points(&[("y", 8)], 0.5, 1.3))),
        ("a grid", Interp::new().at("x", many).at("y", [-4.0, -11.0, -0.5])),
        (
            "points",
            Interp::new().at("x", points(&[("p", 9)], -1.0, 1.7)).at("y", points(&[("p", 9)], -11.0, 1.3)),
        ),
    ]
}

#[test]
fn chunks_give_what_memory_gives() {
    use InterpMethod as M;
    let methods = [
        M::Linear,
        M::Nearest,
        M::Zero,
        M::Slinear,
        M::Quadratic,
        M::Cubic,
        M::Pchip,
        M::Akima,
        M::Makima,
        M::Barycentric,
        M::Krogh,
        M::Polynomial(2),
    ];
    let mut compared = 0;
    for (dtype, a) in arrays() {
        for (target, interp) in targets() {
            for method in methods {
                let outside = (method == M::Linear).then_some(Outside::Values(-5.0, -5.0));
                let interp = interp.clone().method(method).outside(outside);
                let whole = a.interp_with(interp.clone()).and_then(|r| r.load());
                for lens in [[1, 1, 1], [2, 3, 4], [5, 8, 2]] {
                    let parts = chunked(&a, lens).interp_with(interp.clone()).and_then(|r| r.load());
                    let place = || format!("{dtype} at {target} by {} in {lens:?}", method.name());
                    match (&whole, parts) {
                        (Ok(whole), Ok(parts)) => {
                            assert_eq!((whole.dtype(), whole.shape()), (parts.dtype(), parts.shape()));
                            let same = whole.same_bits(&parts) || nearly(whole, &parts);
                            assert!(same, "{}: {parts:?}, in memory {whole:?}", place());
                            compared += 1;
                        }
                        (Err(_), Err(_)) => {}
                        (whole, parts) => panic!("{}: {parts:?}, in memory {whole:?}", place()),
                    }
                }
            }
        }
    }
    assert!(compared > 600, "{compared}");
}

/// Slopes at the ends of a piece differ in rounding only.
fn nearly(a: &Block, b: &Block) -> bool {
    let parts = |block: &Block| -> Vec<f64> {
        let at = |dtype| graticule::kernel::cast::cast(block, dtype).unwrap();
        match block.dtype() {
            d if d.is_complex() => {
                let all = at(DType::C128).to_vec::<Complex<f64>>().unwrap();
                all.iter().flat_map(|c| [c.re, c.im]).collect()
            }
            _ => at(DType::F64).to_vec::<f64>().unwrap(),
        }
    };
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * a.abs().max(1.0) || a.is_nan() && b.is_nan();
    parts(a).iter().zip(&parts(b)).all(close)
}

#[test]
fn lines_between_complex_numbers_are_lines_of_both_parts() {
    let values = vec![Complex::new(0.0, 4.0), Complex::new(2.0, 0.0)];
    let a = DataArray::from_vec(&[("x", 2)], values).unwrap();
    let b = a.interp("x", [0.25, 3.0]).unwrap().to_vec::<Complex<f64>>().unwrap();
    assert_eq!(b[0], Complex::new(0.5, 3.0));
    assert!(b[1].re.is_nan() && b[1].im.is_nan());
}

/// What the source was asked for.
static ASKED: Mutex<Vec<Region>> = Mutex::new(Vec::new());

/// A source that notes what it is asked for: element `i` along the first axis is `i`.
#[derive(Debug, Serialize, Deserialize)]
struct Noting;

const LONG: [usize; 3] = [1000, 40, 50];

#[typetag::serde]
impl Source for Noting {
    fn dtype(&self) -> DType {
        DType::F32
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::regular(&LONG, &[10, 20, 50])
    }

    fn read(&self, region: &Region, _io: &Traffic) -> graticule::Result<Block> {
        ASKED.lock().unwrap().push(region.clone());
        let row = region.shape()[1] * region.shape()[2];
        let values = region.axis(0).flat_map(|i| std::iter::repeat_n(i as f32, row)).collect();
        Block::from_vec(&region.shape(), values)
    }

    fn describe(&self) -> String {
        "a noting source".to_string()
    }
}

/// The result, the elements that were read for it, and the most memory of a task.
fn reads(interp: Interp) -> (Block, usize, usize) {
    let data = LazyArray::from_source(Arc::new(Noting));
    let a = DataArray::new(Variable::new(["t", "y", "x"], data).unwrap(), Coords::new()).unwrap();
    let lazy = a.interp_with(interp).unwrap();
    assert!(ASKED.lock().unwrap().is_empty(), "building reads nothing");
    let plan = Plan::new(&[Target::Memory(lazy.variable().data().clone())]).unwrap();
    let most = plan.explain().task_bytes;
    let block = Local::new().threads(1).run(&plan).unwrap().blocks.remove(0);
    let asked = std::mem::take(&mut *ASKED.lock().unwrap());
    (block, asked.iter().map(Region::size).sum(), most)
}

#[test]
fn only_the_rows_around_the_places_are_read() {
    let row = LONG[1] * LONG[2];
    // Two places: two rows each.
    let (block, elements, _) = reads(Interp::new().at("t", [499.5, 120.25]));
    assert_eq!(block.to_vec::<f64>().unwrap()[0], 499.5);
    assert_eq!(elements, 4 * row);
    // A slope takes a row more on both sides.
    let (_, elements, _) = reads(Interp::new().at("t", [455.5]).method(InterpMethod::Pchip));
    assert_eq!(elements, 4 * row);
    // Nearest: the row itself.
    let (_, elements, _) = reads(Interp::new().at("t", [499.25, 120.25]).method(InterpMethod::Nearest));
    assert_eq!(elements, 2 * row);
    // Points: the boxes around them, not the rows and columns of all.
    let t = Variable::from_vec(&[("p", 3)], vec![3.5, 900.5, 420.0]).unwrap();
    let y = Variable::from_vec(&[("p", 3)], vec![38.5, 1.0, 19.5]).unwrap();
    let (block, elements, _) = reads(Interp::new().at("t", t).at("y", y));
    assert_eq!(block.shape(), [3, 50]);
    assert_eq!(elements, 3 * 4 * LONG[2]);
    // All of a finer axis: hardly more than the rows, once; a task holds a few chunks.
    let fine: Vec<f64> = (0..2000).map(|i| i as f64 / 2.0 - 0.25).collect();
    let (block, elements, most) = reads(Interp::new().at("t", fine));
    assert_eq!(block.to_vec::<f64>().unwrap()[row * 1001], 500.25);
    assert!(elements <= LONG.iter().product::<usize>() * 3 / 2, "{elements}");
    assert!(most <= 10 * 10 * 20 * 50 * 8, "{most} bytes");
}
