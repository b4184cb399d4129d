//! Chains of arithmetic on floats of one width as one loop: what lies between two functions never leaves the
//! first-level cache, and the loops are as wide as the machine's vectors.

use num_traits::Float;

use super::arith::{Divide, Inexact};
use super::{BinaryOp, MapFn, UnaryOp};
use crate::array::{Block, Place};
use crate::dtype::promote::is_plain;
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::feed::{self, BoxFeed, TILE};
use crate::kernel::loops::shaped;
use crate::kernel::wide::{Loop, wide};

/// An operand of a function in a chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Operand {
    /// What a function before it gave, which nobody else uses.
    Step(usize),
    /// An array that the chain starts from.
    Leaf(usize),
}

/// What is done to the elements of one tile.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Code {
    Add,
    Sub,
    Mul,
    Div,
    Sqrt,
    Abs,
    Neg,
    Square,
}

impl Code {
    fn of(f: &MapFn) -> Option<Code> {
        Some(match f {
            MapFn::Binary(BinaryOp::Add) => Code::Add,
            MapFn::Binary(BinaryOp::Sub) => Code::Sub,
            MapFn::Binary(BinaryOp::Mul) => Code::Mul,
            MapFn::Binary(BinaryOp::Div) => Code::Div,
            MapFn::Unary(UnaryOp::Sqrt) => Code::Sqrt,
            MapFn::Unary(UnaryOp::Abs | UnaryOp::Fabs) => Code::Abs,
            MapFn::Unary(UnaryOp::Neg) => Code::Neg,
            MapFn::Unary(UnaryOp::Square) => Code::Square,
            _ => return None,
        })
    }
}

/// Where a tile lies.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tile {
    Leaf(usize),
    Register(usize),
}

#[derive(Debug)]
struct Instruction {
    code: Code,
    a: Tile,
    b: Tile,
    /// The register that the result goes to; that of the last instruction goes to its place.
    to: usize,
}

/// A chain of functions over floats of one width.
#[derive(Debug)]
pub(crate) struct Program {
    instructions: Vec<Instruction>,
    registers: usize,
    dtype: DType,
}

impl Program {
    /// The program of some functions, each after those whose results it uses; the last one gives the result. `None`
    /// if one of them is not arithmetic, or works in another type than the last.
    pub(crate) fn new(steps: &[(&MapFn, &[Operand])], leaves: &[DType], dtype: DType) -> Option<Program> {
        if dtype != DType::F32 && dtype != DType::F64 {
            return None;
        }
        let (mut registers, mut free, mut at) = (0, Vec::new(), Vec::with_capacity(steps.len()));
        let mut instructions = Vec::with_capacity(steps.len());
        for (f, operands) in steps {
            let code = Code::of(f)?;
            let mut tiles = Vec::with_capacity(2);
            let mut dtypes = Vec::with_capacity(2);
            for operand in *operands {
                match *operand {
                    Operand::Step(i) => {
                        tiles.push(Tile::Register(at[i]));
                        dtypes.push(dtype);
                    }
                    Operand::Leaf(i) => {
                        let plain = is_plain(leaves[i]) && !leaves[i].is_complex();
                        plain.then_some(())?;
                        tiles.push(Tile::Leaf(i));
                        dtypes.push(leaves[i]);
                    }
                }
            }
            if f.result_dtype(&dtypes).ok() != Some(dtype) {
                return None;
            }
            let to = free.pop().unwrap_or_else(|| {
                registers += 1;
                registers - 1
            });
            free.extend(tiles.iter().filter_map(|t| match t {
                Tile::Register(r) => Some(*r),
                Tile::Leaf(_) => None,
            }));
            at.push(to);
            let (a, b) = (*tiles.first()?, *tiles.last()?);
            instructions.push(Instruction { code, a, b, to });
        }
        Some(Program { instructions, registers, dtype })
    }

    /// Runs the program over leaves of one rank whose axes of length 1 repeat.
    ///
    /// # Errors
    /// If the place is one of another dtype.
    pub(crate) fn run(&self, leaves: &[Block], place: &mut Place<'_>) -> Result<()> {
        match self.dtype {
            DType::F32 => self.run_in::<f32>(leaves, place),
            _ => self.run_in::<f64>(leaves, place),
        }
    }

    fn run_in<T: feed::Operand + Float + Inexact + Divide>(
        &self,
        leaves: &[Block],
        place: &mut Place<'_>,
    ) -> Result<()> {
        let shape = place.shape().to_vec();
        let elements = place
            .elements::<T>()
            .ok_or_else(|| Error::internal("the result of arithmetic has another dtype"))?;
        if let Some(out) = elements.as_slice_mut() {
            self.fill(leaves, &shape, out);
            return Ok(());
        }
        let mut out = vec![T::default(); shape.iter().product()];
        self.fill(leaves, &shape, &mut out);
        place.fill(&shaped(&shape, out))
    }

    fn fill<T: feed::Operand + Float + Inexact + Divide>(
        &self,
        leaves: &[Block],
        shape: &[usize],
        out: &mut [T],
    ) {
        let mut feeds: Vec<BoxFeed<'_, T>> = leaves.iter().map(|leaf| T::feed(leaf, shape)).collect();
        let mut registers = vec![vec![T::default(); TILE.min(out.len())]; self.registers];
        let last = self.instructions.len() - 1;
        let mut start = 0;
        for out in out.chunks_mut(TILE) {
            let n = out.len();
            let tiles: Vec<&[T]> = feeds.iter_mut().map(|feed| feed.tile(start..start + n)).collect();
            start += n;
            for (i, instruction) in self.instructions.iter().enumerate() {
                // No operand of an instruction lies where its result goes.
                let mut register = std::mem::take(&mut registers[instruction.to]);
                let tile = |tile: Tile| match tile {
                    Tile::Leaf(i) => tiles[i],
                    Tile::Register(r) => &registers[r][..n],
                };
                let (a, b) = (tile(instruction.a), tile(instruction.b));
                let to = if i == last { &mut *out } else { &mut register[..n] };
                wide(Apply { code: instruction.code, a, b, to });
                registers[instruction.to] = register;
            }
        }
    }
}

/// One function over one tile.
struct Apply<'a, T> {
    code: Code,
    a: &'a [T],
    b: &'a [T],
    to: &'a mut [T],
}

impl<T: Element + Float + Inexact + Divide> Loop for Apply<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Apply { code, a, b, to } = self;
        macro_rules! each {
            ($a:ident => $e:expr) => {
                to.iter_mut().zip(a).for_each(|(to, $a)| *to = $e)
            };
            ($a:ident, $b:ident => $e:expr) => {
                to.iter_mut().zip(a).zip(b).for_each(|((to, $a), $b)| *to = $e)
            };
        }
        // The functions of `arith` are those of single operations: the bits are the same.
        match code {
            Code::Add => each!(a, b => super::arith::Arith::add(*a, *b)),
            Code::Sub => each!(a, b => super::arith::Arith::sub(*a, *b)),
            Code::Mul => each!(a, b => super::arith::Arith::mul(*a, *b)),
            Code::Div => each!(a, b => Inexact::div(*a, *b)),
            Code::Sqrt => each!(a => Float::sqrt(*a)),
            Code::Abs => each!(a => Divide::abs(*a)),
            Code::Neg => each!(a => super::arith::Arith::neg(*a)),
            Code::Square => each!(a => super::arith::Arith::mul(*a, *a)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::elementwise::apply;

    const CHAIN: [MapFn; 8] = [
        MapFn::Binary(BinaryOp::Mul),
        MapFn::Binary(BinaryOp::Sub),
        MapFn::Unary(UnaryOp::Square),
        MapFn::Binary(BinaryOp::Add),
        MapFn::Unary(UnaryOp::Sqrt),
        MapFn::Unary(UnaryOp::Neg),
        MapFn::Unary(UnaryOp::Abs),
        MapFn::Binary(BinaryOp::Div),
    ];

    /// `|−√(ab + (a − c)²)| / b`, one function after the other and as a program.
    fn both(leaves: [Block; 3], dtype: DType) -> (Block, Block) {
        use Operand::{Leaf, Step};
        let operands: [&[Operand]; 8] = [
            &[Leaf(0), Leaf(1)],
            &[Leaf(0), Leaf(2)],
            &[Step(1)],
            &[Step(0), Step(2)],
            &[Step(3)],
            &[Step(4)],
            &[Step(5)],
            &[Step(6), Leaf(1)],
        ];
        let shape = leaves[0].shape().to_vec();
        let mut results: Vec<Block> = Vec::new();
        for (f, operands) in CHAIN.iter().zip(operands) {
            let inputs = operands.iter().map(|o| match *o {
                Step(i) => results[i].clone(),
                Leaf(i) => leaves[i].clone(),
            });
            results.push(apply(f, inputs.collect(), &shape).unwrap());
        }
        let steps: Vec<(&MapFn, &[Operand])> = CHAIN.iter().zip(operands).collect();
        let program = Program::new(&steps, &leaves.each_ref().map(Block::dtype), dtype).unwrap();
        assert!(program.registers <= 3, "{program:?}");
        let mut out = Block::zeros(dtype, &shape);
        program.run(&leaves, &mut out.place()).unwrap();
        (results.pop().unwrap(), out)
    }

    #[test]
    fn programs_give_the_bits_of_single_functions() {
        let values = |n: usize, by: usize| {
            (0..n).map(move |i| match i % 11 {
                3 => f64::NAN,
                5 => f64::INFINITY,
                7 => -0.0,
                _ => ((i * by) % 1000) as f64 / 7.0 - 50.0,
            })
        };
        for rows in [1, 3, 1500] {
            let n = 7 * rows;
            let a = Block::from_vec(&[rows, 7], values(n, 7919).map(|v| v as f32).collect()).unwrap();
            let b = Block::from_vec(&[1, 7], values(7, 31).map(|v| v as f32).collect()).unwrap();
            let c = Block::from_vec(&[rows, 1], (0..rows).map(|i| i as i16).collect()).unwrap();
            let (single, program) = both([a, b.clone(), c.clone()], DType::F32);
            assert!(single.same_bits(&program), "{single:?}\n{program:?}");
            let a = Block::from_vec(&[rows, 7], values(n, 577).collect()).unwrap();
            let (single, program) = both([a, b, c], DType::F64);
            assert!(single.same_bits(&program), "{single:?}\n{program:?}");
        }
    }

    #[test]
    fn a_place_with_gaps_is_filled() {
        let a = Block::from_vec(&[4, 3], (0..12).map(f64::from).collect()).unwrap();
        let (f, operands) = (MapFn::Unary(UnaryOp::Neg), [Operand::Leaf(0)]);
        let program = Program::new(&[(&f, &operands)], &[DType::F64], DType::F64).unwrap();
        let mut out = Block::zeros(DType::F64, &[4, 5]);
        let within = crate::array::Region::new([0..4, 1..4]);
        program.run(std::slice::from_ref(&a), &mut out.place().part(&within)).unwrap();
        let negative = apply(&f, vec![a], &[4, 3]).unwrap();
        assert!(out.region(&within).contiguous().same_bits(&negative));
    }

    #[test]
    fn other_types_have_no_program() {
        let add = MapFn::Binary(BinaryOp::Add);
        let operands = [Operand::Leaf(0), Operand::Leaf(1)];
        let program = |leaves: [DType; 2], to| Program::new(&[(&add, &operands)], &leaves, to).is_some();
        assert!(program([DType::F32, DType::Bool], DType::F32));
        assert!(!program([DType::F32, DType::F64], DType::F32));
        assert!(!program([DType::I32, DType::I32], DType::I32));
        assert!(!program([DType::C64, DType::F32], DType::F32));
        assert!(!program([DType::DATETIME_NS, DType::DATETIME_NS], DType::F64));
    }
}
