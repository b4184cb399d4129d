//! Conflicts of two sessions, in words.

use ::icechunk::conflicts::Conflict;
use ::icechunk::session::{SessionError, SessionErrorKind};

use super::failed;
use super::key::key_of;
use crate::error::Error;

/// So many conflicts and chunks are named; more are counted.
const NAMED: usize = 10;

/// The error of a commit or a rebase: what the other session has changed too.
pub(super) fn explained(e: SessionError, branch: &str) -> Error {
    match e.kind {
        SessionErrorKind::Conflict { actual_parent, .. } => {
            let now = actual_parent.map_or_else(String::new, |id| format!(": its snapshot is now `{id}`"));
            Error::invalid(format!("another session has committed to the branch `{branch}` meanwhile{now}"))
                .help("`rebase` the session and commit again, or commit with `commit_rebasing`; nothing is lost so far")
        }
        SessionErrorKind::RebaseFailed { snapshot, conflicts } => {
            let mut named: Vec<String> = conflicts.iter().take(NAMED).map(in_words).collect();
            if conflicts.len() > NAMED {
                named.push(format!("{} more", conflicts.len() - NAMED));
            }
            Error::invalid(format!(
                "the session and the snapshot `{snapshot}` of the branch `{branch}` change the same: {}",
                named.join("; ")
            ))
            .help("write the changes again in a new session; this one still has them")
        }
        SessionErrorKind::NoChangesToCommit => {
            Error::invalid("the session has nothing to commit").help("write to its store first")
        }
        _ => failed(e),
    }
}

fn in_words(conflict: &Conflict) -> String {
    match conflict {
        Conflict::NewNodeConflictsWithExistingNode(path) => format!("both create `{}`", key_of(path)),
        Conflict::NewNodeInInvalidGroup(path) => {
            format!("`{}` is created in what is no group any more", key_of(path))
        }
        Conflict::ZarrMetadataDoubleUpdate(path) => format!("both change the metadata of `{}`", key_of(path)),
        Conflict::ZarrMetadataUpdateOfDeletedArray(path)
        | Conflict::ZarrMetadataUpdateOfDeletedGroup(path) => {
            format!("the metadata of `{}` are changed, and it was removed", key_of(path))
        }
        Conflict::ChunkDoubleUpdate { path, chunk_coordinates, .. } => {
            let mut chunks: Vec<&Vec<u32>> = chunk_coordinates.iter().map(|c| &c.0).collect();
            chunks.sort();
            let more = if chunks.len() > NAMED { ", ..." } else { "" };
            let named: Vec<String> = chunks.iter().take(NAMED).map(|c| format!("{c:?}")).collect();
            format!("both write chunks {}{more} of `{}`", named.join(", "), key_of(path))
        }
        Conflict::ChunksUpdatedInDeletedArray { path, .. } => {
            format!("chunks of `{}` are written, and it was removed", key_of(path))
        }
        Conflict::ChunksUpdatedInUpdatedArray { path, .. } => {
            format!("chunks of `{}` are written, and its metadata were changed", key_of(path))
        }
        Conflict::DeleteOfUpdatedArray { path, .. } | Conflict::DeleteOfUpdatedGroup { path, .. } => {
            format!("`{}` is removed, and it was changed", key_of(path))
        }
        Conflict::MoveOperationCannotBeRebased => "nodes were moved".to_string(),
    }
}
