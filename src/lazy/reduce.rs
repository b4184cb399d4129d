//! Reductions over axes, whole or by groups.

use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{Fold, LazyArray, Meta, Op, State};
use crate::array::{AxisGrid, Block, ChunkGrid, Region};
use crate::error::{Error, Result};
use crate::kernel::reduce::{self, OutAxis, ReduceSpec, Spans, out_axes};
use crate::source::Traffic;

/// Groups whose states are larger than this, and than a chunk of the input, do not stay together only to save reads.
const STATE_BYTES: usize = 32 << 20;

/// Reduces axes; with groups, their axes become one axis of groups.
#[derive(Debug, Serialize, Deserialize)]
pub struct Reduce {
    spec: ReduceSpec,
    /// Where the members of groups lie, as a number, if the axis of groups is cut into chunks.
    cut: Option<u64>,
    /// Where the members of groups lie, once somebody asks.
    #[serde(skip)]
    spans: OnceLock<Spans>,
}

impl Reduce {
    fn new(spec: ReduceSpec) -> Reduce {
        Reduce { spec, cut: None, spans: OnceLock::new() }
    }

    /// What the axes of the output are of the input.
    fn out_axes(&self, ndim: usize) -> impl Iterator<Item = OutAxis> {
        out_axes(ndim, &self.spec.axes, self.spec.group.as_ref())
    }

    /// The groups of a box of the output.
    fn groups(&self, out: &Region) -> Range<usize> {
        self.spec.group.as_ref().map_or(0..1, |g| out.axis(g.out_axis(&self.spec.axes)))
    }

    fn spans(&self, groups: &reduce::Groups) -> &Spans {
        self.spans.get_or_init(|| Spans::new(groups))
    }

    /// The chunks of the output for chunks of the input.
    fn grid(&self, input: &Meta) -> ChunkGrid {
        let chunks = |axis| match axis {
            OutAxis::Kept(axis) => input.grid.axes()[axis].clone(),
            OutAxis::Groups => AxisGrid::single(self.spec.group.as_ref().map_or(0, |g| g.count)),
        };
        let mut axes: Vec<AxisGrid> = self.out_axes(input.grid.ndim()).map(chunks).collect();
        if let Some(groups) = &self.spec.group {
            let place = groups.out_axis(&self.spec.axes);
            let others = axes.iter().enumerate().filter(|(i, _)| *i != place).map(|(_, a)| a.largest());
            let state = others.product::<usize>() * reduce::state_size(&self.spec, input.dtype);
            let room = STATE_BYTES.max(input.grid.largest() * input.dtype.size());
            let most = (room / state.max(1)).max(1);
            let chunked = |(i, axis): (usize, &usize)| {
                let along = &input.grid.axes()[*axis];
                (along.count() > 1).then(|| self.spans(groups).chunks(i, along, most))
            };
            let cuts = groups.axes.iter().enumerate().filter_map(chunked);
            if let Some(best) = cuts.max_by_key(AxisGrid::count) {
                axes[place] = best;
            }
        }
        ChunkGrid(axes)
    }
}

#[typetag::serde]
impl Op for Reduce {
    fn name(&self) -> &'static str {
        "reduce"
    }

    fn compute(&self, out: &Region, inputs: &[&Meta], pieces: Vec<Block>, _io: &Traffic) -> Result<Block> {
        let at = self.input_region(out, inputs[0]);
        reduce::only(&self.spec, &pieces[0], &at, &out.shape(), self.groups(out).start)
    }

    fn as_fold(&self) -> Option<&dyn Fold> {
        Some(self)
    }

    fn taken_bytes(&self, out: &Region, inputs: &[&Meta]) -> usize {
        let mut region = self.input_region(out, inputs[0]);
        // The members of the groups alone, where whole runs of elements are members of one.
        let ndim = inputs[0].grid.ndim();
        let Some(groups) = self.spec.group.as_ref().filter(|g| !g.axes.contains(&(ndim - 1))) else {
            return inputs[0].bytes(&region);
        };
        groups.axes.iter().for_each(|axis| region.set(*axis, 0..1));
        self.spans(groups).members(self.groups(out)) * inputs[0].bytes(&region)
    }

    fn describe(&self) -> String {
        self.spec.describe()
    }
}

impl Fold for Reduce {
    fn axes(&self) -> Vec<usize> {
        let mut axes = self.spec.axes.clone();
        axes.extend(self.spec.group.iter().flat_map(|g| &g.axes));
        axes.sort_unstable();
        axes
    }

    fn input_region(&self, out: &Region, input: &Meta) -> Region {
        let mut region = Region::full(&input.shape());
        for (axis, range) in self.out_axes(input.grid.ndim()).zip(out.ranges()) {
            if let OutAxis::Kept(axis) = axis {
                region.set(axis, range);
            }
        }
        let wanted = self.groups(out);
        if let Some(groups) = self.spec.group.as_ref().filter(|g| wanted != (0..g.count)) {
            let spans = self.spans(groups);
            for (i, axis) in groups.axes.iter().enumerate() {
                region.set(*axis, spans.of(i, wanted.clone()));
            }
        }
        region
    }

    fn cut(&self) -> Option<u64> {
        self.cut
    }

    fn cut_grid(&self, out: &ChunkGrid) -> ChunkGrid {
        let groups = self.spec.group.as_ref().map(|g| g.out_axis(&self.spec.axes));
        let cut = |(axis, chunks): (usize, &AxisGrid)| {
            (groups != Some(axis) || chunks.count() > 1).then(|| chunks.clone())
        };
        ChunkGrid(out.axes().iter().enumerate().filter_map(cut).collect())
    }

    fn init(&self, out: &Region, input: &Meta) -> Result<State> {
        reduce::init_from(&self.spec, input.dtype, &out.shape(), self.groups(out).start)
    }

    fn init_part(&self, out: &Region, input: &Meta, at: &Region) -> Result<State> {
        reduce::init_part(&self.spec, input.dtype, &out.shape(), self.groups(out).start, at)
    }

    fn push(&self, state: &mut State, piece: &Block, at: &Region) -> Result<()> {
        reduce::push(&self.spec, state, piece, at)
    }

    fn takes_parts(&self, input: &Meta) -> bool {
        reduce::takes_parts(&self.spec, input.dtype)
    }

    fn push_part(&self, state: &mut State, piece: &Block, at: &Region, of: &Region) -> Result<()> {
        reduce::push_part(&self.spec, state, piece, at, of)
    }

    fn merge(&self, state: &mut State, later: State) -> Result<()> {
        reduce::merge(&self.spec, state, later)
    }

    fn finish(&self, state: State, input: &Meta) -> Result<Block> {
        reduce::finish(&self.spec, input.dtype, state)
    }

    fn state_bytes(&self, out: &Region, input: &Meta) -> usize {
        out.size() * reduce::state_size(&self.spec, input.dtype)
    }

    fn part_bytes(&self, out: &Region, input: &Meta, at: &Region) -> usize {
        let first = self.groups(out).start;
        let size = reduce::size_of_part(&self.spec, input.dtype, &out.shape(), first, at);
        size * reduce::state_size(&self.spec, input.dtype)
    }

    fn as_reduction(&self) -> Option<&ReduceSpec> {
        Some(&self.spec)
    }

    fn holds(&self, other: &dyn Fold, input: &Meta) -> bool {
        other.as_reduction().is_some_and(|spec| reduce::is_within(spec, &self.spec, input.dtype))
    }

    fn finish_other(&self, state: &State) -> Result<Block> {
        reduce::finish_within(&self.spec, state)
    }
}

impl LazyArray {
    /// Reduces as `spec` says.
    ///
    /// # Errors
    /// If an axis does not exist or the operation has no meaning for the dtype.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::{kernel::reduce::ReduceSpec, lazy::LazyArray};
    /// let a = LazyArray::from(Block::from_vec(&[2, 2], vec![1, 2, 3, 4])?);
    /// let sum =
    ///     ReduceSpec { op: ReduceOp::Sum, axes: vec![0], group: None, skipna: true, ddof: 0.0, min_count: None };
    /// assert_eq!(graticule::exec::compute(&[a.reduce(sum)?])?[0].to_vec::<i64>()?, [4, 6]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn reduce(&self, spec: ReduceSpec) -> Result<LazyArray> {
        let ndim = self.ndim();
        let beyond = spec.axes.iter().any(|a| *a >= ndim) || !spec.axes.is_sorted();
        if beyond {
            return Err(Error::internal(format!("axes {:?} do not fit shape {:?}", spec.axes, self.shape())));
        }
        if let Some(groups) = &spec.group {
            groups.check(&self.shape(), &spec.axes)?;
        }
        spec.result_dtype(self.dtype())?;
        if let Some(order) = spec.as_order() {
            return self.pick(order);
        }
        if let Some(extreme) = spec.as_extreme() {
            return self.extreme(extreme);
        }
        let dtype = spec.result_dtype(self.dtype())?;
        let mut op = Reduce::new(spec);
        let grid = op.grid(self.meta());
        if let Some(groups) = op.spec.group.as_ref()
            && grid.axes()[groups.out_axis(&op.spec.axes)].count() > 1
        {
            op.cut = Some(op.spans(groups).number());
        }
        LazyArray::new(op, vec![self.clone()], Meta { dtype, grid })
    }
}
