//! Chains of arithmetic on floats of one width as one loop: what lies between two functions never leaves the
//! first-level cache, and the loops are as wide as the machine's vectors.

use num_traits::Float;

use super::arith::{Arith, Divide, Inexact};
use super::{BinaryOp, MapFn, UnaryOp};
use crate::array::{Block, Place};
use crate::dtype::promote::{is_plain, promote};
use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::kernel::feed::{self, BoxFeed, TILE};
use crate::kernel::loops::shaped;
use crate::kernel::wide::{Loop, wide};

/// An operand of a function in a chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Operand {
    /// What a function before it gave.
    Step(usize),
    /// An array that the chain starts from.
    Leaf(usize),
}

/// For each step the last operand that it is: the number of the step that has it, and its place there. From then on its
/// memory is free.
pub(crate) fn last_uses<'a>(steps: impl ExactSizeIterator<Item = &'a [Operand]>) -> Vec<(usize, usize)> {
    let mut last = vec![(0, 0); steps.len()];
    for (i, operands) in steps.enumerate() {
        for (k, operand) in operands.iter().enumerate() {
            if let Operand::Step(step) = *operand {
                last[step] = (i, k);
            }
        }
    }
    last
}

/// What is done to the elements of one tile. Truths are ones and zeros of the program's type.
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
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    And,
    Or,
    Not,
    NotNull,
    IsNull,
    FillNa,
    Where,
}

impl Code {
    fn of(f: &MapFn) -> Option<Code> {
        Some(match f {
            MapFn::Binary(BinaryOp::Add) => Code::Add,
            MapFn::Binary(BinaryOp::Sub) => Code::Sub,
            MapFn::Binary(BinaryOp::Mul) => Code::Mul,
            MapFn::Binary(BinaryOp::Div) => Code::Div,
            MapFn::Binary(BinaryOp::Lt) => Code::Lt,
            MapFn::Binary(BinaryOp::Le) => Code::Le,
            MapFn::Binary(BinaryOp::Gt) => Code::Gt,
            MapFn::Binary(BinaryOp::Ge) => Code::Ge,
            MapFn::Binary(BinaryOp::Eq) => Code::Eq,
            MapFn::Binary(BinaryOp::Ne) => Code::Ne,
            MapFn::Binary(BinaryOp::And) => Code::And,
            MapFn::Binary(BinaryOp::Or) => Code::Or,
            MapFn::Unary(UnaryOp::Invert) => Code::Not,
            MapFn::Unary(UnaryOp::NotNull) => Code::NotNull,
            MapFn::Unary(UnaryOp::IsNull) => Code::IsNull,
            MapFn::Unary(UnaryOp::Sqrt) => Code::Sqrt,
            MapFn::Unary(UnaryOp::Abs | UnaryOp::Fabs) => Code::Abs,
            MapFn::Unary(UnaryOp::Neg) => Code::Neg,
            MapFn::Unary(UnaryOp::Square) => Code::Square,
            MapFn::FillNa => Code::FillNa,
            MapFn::Where => Code::Where,
            _ => return None,
        })
    }

    /// Whether a program in floats of type `to` gives what the function gives of these operands, to the bit.
    fn is_exact(self, operands: &[DType], result: DType, to: DType) -> bool {
        let within = |d: DType| d == to || (d == DType::F32 && to == DType::F64);
        let truths = || operands.iter().all(|d| d.is_bool());
        match self {
            // What rounds must round as it would.
            Code::Add | Code::Sub | Code::Mul | Code::Div | Code::Sqrt | Code::Square => result == to,
            // Elements of the narrower type are elements of the wider one too.
            Code::Abs | Code::Neg | Code::FillNa | Code::Where => within(result),
            Code::NotNull | Code::IsNull => operands.iter().all(|d| within(*d)),
            Code::Lt | Code::Le | Code::Gt | Code::Ge | Code::Eq | Code::Ne => match operands {
                // Integers of 64 bits, one with a sign and one without, are not compared as floats.
                [a, b] => (a.is_float() || b.is_float()) && promote(*a, *b).is_ok_and(within),
                _ => false,
            },
            Code::And | Code::Or | Code::Not => truths(),
        }
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
    operands: [Tile; 3],
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
    /// if one of them is no arithmetic, comparison or choice, or works in a type that holds other elements.
    pub(crate) fn new(steps: &[(&MapFn, &[Operand])], leaves: &[DType], dtype: DType) -> Option<Program> {
        if dtype != DType::F32 && dtype != DType::F64 {
            return None;
        }
        let (mut registers, mut free) = (0, Vec::new());
        let mut instructions: Vec<Instruction> = Vec::with_capacity(steps.len());
        let mut results = Vec::with_capacity(steps.len());
        let last = last_uses(steps.iter().map(|(_, operands)| *operands));
        for (i, (f, operands)) in steps.iter().enumerate() {
            let code = Code::of(f)?;
            let (mut tiles, mut dtypes) = (Vec::with_capacity(3), Vec::with_capacity(3));
            for operand in *operands {
                let (tile, dtype) = match *operand {
                    Operand::Step(i) => (Tile::Register(instructions[i].to), results[i]),
                    Operand::Leaf(i) => (Tile::Leaf(i), leaves[i]),
                };
                if !is_plain(dtype) || dtype.is_complex() {
                    return None;
                }
                tiles.push(tile);
                dtypes.push(dtype);
            }
            let result = f.result_dtype(&dtypes).ok()?;
            if !code.is_exact(&dtypes, result, dtype) {
                return None;
            }
            let to = free.pop().unwrap_or_else(|| {
                registers += 1;
                registers - 1
            });
            for (k, operand) in operands.iter().enumerate() {
                if let Operand::Step(step) = *operand
                    && last[step] == (i, k)
                {
                    free.push(instructions[step].to);
                }
            }
            let any = *tiles.last()?;
            tiles.resize(3, any);
            instructions.push(Instruction { code, operands: tiles.try_into().ok()?, to });
            results.push(result);
        }
        (results.last() == Some(&dtype)).then_some(Program { instructions, registers, dtype })
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
                let operands = instruction.operands.map(tile);
                let to = if i == last { &mut *out } else { &mut register[..n] };
                wide(Apply { code: instruction.code, operands, to });
                registers[instruction.to] = register;
            }
        }
    }
}

/// One function over one tile.
struct Apply<'a, T> {
    code: Code,
    /// Those that the function does not have are some other one.
    operands: [&'a [T]; 3],
    to: &'a mut [T],
}

impl<T: Element + Float + Inexact + Divide> Loop for Apply<'_, T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Apply { code, operands: [a, b, c], to } = self;
        macro_rules! each {
            ($a:ident => $e:expr) => {
                to.iter_mut().zip(a).for_each(|(to, $a)| *to = $e)
            };
            ($a:ident, $b:ident => $e:expr) => {
                to.iter_mut().zip(a).zip(b).for_each(|((to, $a), $b)| *to = $e)
            };
            ($a:ident, $b:ident, $c:ident => $e:expr) => {
                to.iter_mut().zip(a).zip(b).zip(c).for_each(|(((to, $a), $b), $c)| *to = $e)
            };
        }
        let truth = |holds: bool| if holds { T::one() } else { T::zero() };
        let holds = |x: &T| *x != T::zero();
        // Both are loaded: a load on a condition would be a branch.
        let pick = |first: bool, a: T, b: T| if first { a } else { b };
        // The functions of `arith` are those of single operations: the bits are the same.
        match code {
            Code::Add => each!(a, b => Arith::add(*a, *b)),
            Code::Sub => each!(a, b => Arith::sub(*a, *b)),
            Code::Mul => each!(a, b => Arith::mul(*a, *b)),
            Code::Div => each!(a, b => Inexact::div(*a, *b)),
            Code::Sqrt => each!(a => Float::sqrt(*a)),
            Code::Abs => each!(a => Divide::abs(*a)),
            Code::Neg => each!(a => Arith::neg(*a)),
            Code::Square => each!(a => Arith::mul(*a, *a)),
            Code::Lt => each!(a, b => truth(a < b)),
            Code::Le => each!(a, b => truth(a <= b)),
            Code::Gt => each!(a, b => truth(a > b)),
            Code::Ge => each!(a, b => truth(a >= b)),
            Code::Eq => each!(a, b => truth(a == b)),
            Code::Ne => each!(a, b => truth(a != b)),
            Code::And => each!(a, b => truth(holds(a) & holds(b))),
            Code::Or => each!(a, b => truth(holds(a) | holds(b))),
            Code::Not => each!(a => truth(!holds(a))),
            Code::NotNull => each!(a => truth(!a.is_nan())),
            Code::IsNull => each!(a => truth(a.is_nan())),
            Code::FillNa => each!(a, b => pick(a.is_nan(), *b, *a)),
            Code::Where => each!(a, b, c => pick(holds(a), *b, *c)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Operand::{Leaf, Step};
    use super::*;
    use crate::kernel::elementwise::apply;

    type Chain = Vec<(MapFn, Vec<Operand>)>;

    /// What a chain gives, one function after the other and as a program, and the program.
    fn both(chain: &Chain, leaves: &[Block], dtype: DType) -> (Block, Block, Program) {
        let shape = leaves[0].shape();
        let mut results: Vec<Block> = Vec::new();
        for (f, operands) in chain {
            let inputs = operands.iter().map(|o| match *o {
                Step(i) => results[i].clone(),
                Leaf(i) => leaves[i].clone(),
            });
            results.push(apply(f, inputs.collect(), shape).unwrap());
        }
        let steps: Vec<(&MapFn, &[Operand])> = chain.iter().map(|(f, o)| (f, &o[..])).collect();
        let dtypes: Vec<DType> = leaves.iter().map(Block::dtype).collect();
        let program = Program::new(&steps, &dtypes, dtype).unwrap();
        let mut out = Block::zeros(dtype, shape);
        program.run(leaves, &mut out.place()).unwrap();
        (results.pop().unwrap(), out, program)
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
        // |−√(ab + (a − c)²)| / b
        let (of1, of2) = (MapFn::Unary, MapFn::Binary);
        let chain = vec![
            (of2(BinaryOp::Mul), vec![Leaf(0), Leaf(1)]),
            (of2(BinaryOp::Sub), vec![Leaf(0), Leaf(2)]),
            (of1(UnaryOp::Square), vec![Step(1)]),
            (of2(BinaryOp::Add), vec![Step(0), Step(2)]),
            (of1(UnaryOp::Sqrt), vec![Step(3)]),
            (of1(UnaryOp::Neg), vec![Step(4)]),
            (of1(UnaryOp::Abs), vec![Step(5)]),
            (of2(BinaryOp::Div), vec![Step(6), Leaf(1)]),
        ];
        let check = |leaves: [Block; 3], dtype: DType| {
            let (single, out, program) = both(&chain, &leaves, dtype);
            assert!(single.same_bits(&out), "{single:?}\n{out:?}");
            assert!(program.registers <= 3, "{program:?}");
        };
        for rows in [1, 3, 1500] {
            let n = 7 * rows;
            let a = Block::from_vec(&[rows, 7], values(n, 7919).map(|v| v as f32).collect()).unwrap();
            let b = Block::from_vec(&[1, 7], values(7, 31).map(|v| v as f32).collect()).unwrap();
            let c = Block::from_vec(&[rows, 1], (0..rows).map(|i| i as i16).collect()).unwrap();
            check([a, b.clone(), c.clone()], DType::F32);
            let a = Block::from_vec(&[rows, 7], values(n, 577).collect()).unwrap();
            check([a, b, c], DType::F64);
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
    fn masks_and_choices_are_those_of_single_functions() {
        use {BinaryOp as B, UnaryOp as U};
        let x: Vec<f32> =
            (0..5000).map(|i| if i % 7 == 2 { f32::NAN } else { (i % 90) as f32 - 40.0 }).collect();
        let x = Block::from_vec(&[5000], x).unwrap();
        let mask = Block::from_vec(&[5000], (0..5000).map(|i| i % 3 == 0).collect::<Vec<bool>>()).unwrap();
        let one = |v: f64| Block::from_vec(&[1], vec![v]).unwrap();
        let leaves = [x, mask, one(1.5), Block::from_vec(&[1], vec![0f32]).unwrap(), one(f64::NAN)];
        let (of1, of2) = (MapFn::Unary, MapFn::Binary);
        // The sums of a weighted mean, and a choice by several conditions.
        let chains: [(DType, Chain); 4] = [
            (
                DType::F64,
                vec![(MapFn::FillNa, vec![Leaf(0), Leaf(3)]), (of2(B::Mul), vec![Step(0), Leaf(2)])],
            ),
            (DType::F64, vec![(of1(U::NotNull), vec![Leaf(0)]), (of2(B::Mul), vec![Step(0), Leaf(2)])]),
            (
                DType::F64,
                vec![
                    (of2(B::Gt), vec![Leaf(0), Leaf(2)]),
                    (of1(U::Invert), vec![Leaf(1)]),
                    (of2(B::Or), vec![Step(0), Step(1)]),
                    (of2(B::Le), vec![Leaf(0), Leaf(3)]),
                    (of2(B::And), vec![Step(2), Step(3)]),
                    (of1(U::Abs), vec![Leaf(0)]),
                    (MapFn::Where, vec![Step(4), Step(5), Leaf(4)]),
                ],
            ),
            (
                DType::F32,
                vec![
                    (of2(B::Ne), vec![Leaf(0), Leaf(3)]),
                    (of1(U::Neg), vec![Leaf(0)]),
                    (MapFn::Where, vec![Step(0), Step(1), Leaf(3)]),
                ],
            ),
        ];
        for (dtype, chain) in chains {
            let (single, out, program) = both(&chain, &leaves, dtype);
            assert!(out.same_bits(&single), "{program:?}");
        }
    }

    #[test]
    fn what_several_functions_use_is_there_until_the_last() {
        let values = |by: usize| (0..5000).map(|i| ((i * by) % 1000) as f64 - 500.0).collect();
        let leaves = [7919, 577].map(|by| Block::from_vec(&[5000], values(by)).unwrap());
        let of2 = MapFn::Binary;
        // (d² + s) / d − d, where d is a − b and s is a + b.
        let chain = vec![
            (of2(BinaryOp::Sub), vec![Leaf(0), Leaf(1)]),
            (of2(BinaryOp::Mul), vec![Step(0), Step(0)]),
            (of2(BinaryOp::Add), vec![Leaf(0), Leaf(1)]),
            (of2(BinaryOp::Add), vec![Step(1), Step(2)]),
            (of2(BinaryOp::Div), vec![Step(3), Step(0)]),
            (of2(BinaryOp::Sub), vec![Step(4), Step(0)]),
        ];
        let (single, out, program) = both(&chain, &leaves, DType::F64);
        assert_eq!(program.registers, 4, "{program:?}");
        assert!(out.same_bits(&single));
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
        let (less, pick) = (MapFn::Binary(BinaryOp::Lt), MapFn::Where);
        let chosen = |leaves: [DType; 2]| {
            let choice = [Operand::Step(0), Operand::Leaf(2), Operand::Leaf(2)];
            let steps: [(&MapFn, &[Operand]); 2] = [(&less, &operands), (&pick, &choice)];
            Program::new(&steps, &[leaves[0], leaves[1], DType::F64], DType::F64).is_some()
        };
        assert!(chosen([DType::I64, DType::F64]) && !chosen([DType::I64, DType::U64]));
        assert!(!program([DType::DATETIME_NS, DType::DATETIME_NS], DType::F64));
    }
}
