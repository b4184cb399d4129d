//! The index of chunks: a B-tree of version 1, which every reader knows, and which grows along any axis.

use super::space::Space;
use super::superblock::NOWHERE;
use crate::error::Result;

/// Children of a node: twice the 32 that superblocks without a word on it stand for.
const CHILDREN: usize = 64;

/// A chunk that was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    /// Row-major number in the grid.
    pub(super) number: u64,
    pub(super) address: u64,
    pub(super) bytes: u32,
}

/// Where the chunks of a dataset stand in its array.
pub(super) struct StoredGrid {
    /// Chunks along each axis.
    pub(super) counts: Vec<u64>,
    pub(super) chunk: Vec<usize>,
    pub(super) element: usize,
}

/// What a node shows to its parent.
struct Node {
    address: u64,
    /// The key of its first chunk.
    key: Vec<u8>,
}

/// Writes the index of all chunks of a dataset; gives its address.
pub(super) fn write(space: &Space, grid: &StoredGrid, mut chunks: Vec<Chunk>) -> Result<u64> {
    // A run that is repeated after an error writes chunks again: the last ones count.
    chunks.reverse();
    chunks.sort_by_key(|c| c.number);
    chunks.dedup_by_key(|c| c.number);
    let Some(last) = chunks.last() else { return Ok(NOWHERE) };
    let end = grid.end(last.number);
    let mut level: u8 = 0;
    let mut nodes = write_level(space, grid, level, &end, chunks.len(), |i| Node {
        address: chunks[i].address,
        key: grid.key(&chunks[i]),
    })?;
    while nodes.len() > 1 {
        level += 1;
        nodes = write_level(space, grid, level, &end, nodes.len(), |i| Node {
            address: nodes[i].address,
            key: nodes[i].key.clone(),
        })?;
    }
    Ok(nodes[0].address)
}

/// Writes all nodes of a level side by side.
fn write_level(
    space: &Space,
    grid: &StoredGrid,
    level: u8,
    end: &[u8],
    count: usize,
    child: impl Fn(usize) -> Node,
) -> Result<Vec<Node>> {
    let size = grid.node_bytes() as u64;
    let nodes = count.div_ceil(CHILDREN);
    let first = space.reserve(nodes as u64 * size)?;
    let at = |i: usize| first + i as u64 * size;
    let mut out = Vec::with_capacity(nodes);
    for n in 0..nodes {
        let children = n * CHILDREN..((n + 1) * CHILDREN).min(count);
        let mut bytes = b"TREE\x01".to_vec();
        bytes.push(level);
        bytes.extend((children.len() as u16).to_le_bytes());
        bytes.extend(if n == 0 { NOWHERE } else { at(n - 1) }.to_le_bytes());
        bytes.extend(if n + 1 == nodes { NOWHERE } else { at(n + 1) }.to_le_bytes());
        for i in children.clone() {
            let child = child(i);
            bytes.extend(&child.key);
            bytes.extend(child.address.to_le_bytes());
        }
        // The key behind a node is the first one of the next.
        if children.end == count {
            bytes.extend(end)
        } else {
            bytes.extend(child(children.end).key)
        }
        bytes.resize(size as usize, 0);
        space.write(at(n), &bytes)?;
        out.push(Node { address: at(n), key: child(children.start).key });
    }
    Ok(out)
}

impl StoredGrid {
    fn node_bytes(&self) -> usize {
        24 + CHILDREN * (self.key_bytes() + 8) + self.key_bytes()
    }

    fn key_bytes(&self) -> usize {
        8 + 8 * (self.chunk.len() + 1)
    }

    /// The index of a chunk along each axis.
    fn index(&self, mut number: u64) -> Vec<u64> {
        let mut index = vec![0; self.counts.len()];
        for (i, &count) in index.iter_mut().zip(&self.counts).rev() {
            *i = number % count;
            number /= count;
        }
        index
    }

    fn key(&self, chunk: &Chunk) -> Vec<u8> {
        let mut out = chunk.bytes.to_le_bytes().to_vec();
        // No filter was left out.
        out.extend([0; 4]);
        for (i, &c) in self.index(chunk.number).iter().zip(&self.chunk) {
            out.extend((i * c as u64).to_le_bytes());
        }
        // The last axis counts the bytes of an element.
        out.extend([0; 8]);
        out
    }

    /// The key behind the last chunk: one more along all axes.
    fn end(&self, last: u64) -> Vec<u8> {
        let mut out = vec![0; 8];
        for (i, &c) in self.index(last).iter().zip(&self.chunk) {
            out.extend(((i + 1) * c as u64).to_le_bytes());
        }
        out.extend((self.element as u64).to_le_bytes());
        out
    }
}
