//! Threads that wait for servers and disks, for clients that are written with `async`.

use std::future::Future;
use std::sync::{LazyLock, mpsc};

use tokio::runtime::Runtime;

use crate::error::{Error, Result};

/// So many requests to a server are on their way at the same time.
pub(super) const REQUESTS: usize = 32;

/// The threads that wait.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("graticule-io")
            .enable_all()
            .build()
    });
    RUNTIME.as_ref().map_err(|e| Error::storage(format!("no threads for requests can be had: {e}")))
}

/// Runs a request to its end. The runtime is one of ours, so that whoever calls may be inside of another.
pub(super) fn wait<T: Send + 'static>(request: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let (tell, told) = mpsc::channel();
    runtime()?.spawn(async move {
        // If nobody waits any more, nobody needs it.
        let _ = tell.send(request.await);
    });
    told.recv().map_err(|_| Error::internal("a request ended without an answer"))
}
