//! The shared library that the process of a worker loads: functions in C's calling convention.
//!
//! They are made where `worker_library!()` stands, so that the kernels and sources of that crate are in the library. A
//! function returns 0 and a value, or 1 and an error (MessagePack); no panic leaves it.

// Foreign callers hand over pointers: there is no other way to take them.
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use super::Counts;
use super::{About, Core};
use crate::error::{Error, Result};

/// Bytes that were allocated here and are given back by `graticule_worker_free`, or that the caller lends.
#[repr(C)]
#[derive(Debug)]
pub struct Buffer {
    /// Where they are; anything if there are none.
    pub data: *mut u8,
    /// How many.
    pub len: usize,
}

impl Buffer {
    fn of(bytes: Vec<u8>) -> Self {
        let mut bytes = bytes.into_boxed_slice();
        let (data, len) = (bytes.as_mut_ptr(), bytes.len());
        std::mem::forget(bytes);
        Buffer { data, len }
    }

    /// The bytes that a caller lends.
    ///
    /// # Safety
    /// `data` points to `len` bytes that stay as they are for `'a`, or `len` is 0.
    unsafe fn lent<'a>(&self) -> &'a [u8] {
        match self.len {
            0 => &[],
            // SAFETY: what the caller promises.
            len => unsafe { std::slice::from_raw_parts(self.data, len) },
        }
    }
}

/// Runs `work`, and puts what it gives, or its error, into `out`.
///
/// # Safety
/// `out` is null or may be written to.
unsafe fn answer(out: *mut Buffer, work: impl FnOnce() -> Result<Vec<u8>>) -> i32 {
    let done = catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::internal("the worker's library panicked")));
    let (code, bytes) = match done {
        Ok(bytes) => (0, bytes),
        Err(e) => (1, rmp_serde::to_vec_named(&e).unwrap_or_default()),
    };
    if !out.is_null() {
        // SAFETY: the caller gives a place for one buffer.
        unsafe { out.write(Buffer::of(bytes)) };
    }
    code
}

/// The bytes at a pointer.
///
/// # Safety
/// As for [`Buffer::lent`].
unsafe fn bytes<'a>(data: *const u8, len: usize) -> &'a [u8] {
    // SAFETY: what the caller promises.
    unsafe { Buffer { data: data.cast_mut(), len }.lent() }
}

fn name(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|e| Error::invalid("the name of a run is no text").caused_by(e))
}

/// # Safety
/// `out` may be written to.
pub unsafe fn about(out: *mut Buffer) -> i32 {
    // SAFETY: what the caller promises.
    unsafe { answer(out, About::told) }
}

/// # Safety
/// `out` may be written to.
pub unsafe fn limits(threads: usize, memory: usize, out: *mut Buffer) -> i32 {
    // SAFETY: what the caller promises.
    unsafe { answer(out, || Core::of_process().limit_worker(threads, memory).map(|()| Vec::new())) }
}

/// # Safety
/// The pointers are to so many bytes; `out` may be written to.
pub unsafe fn plan(id: *const u8, id_len: usize, plan: *const u8, plan_len: usize, out: *mut Buffer) -> i32 {
    // SAFETY: what the caller promises.
    let (id, plan) = unsafe { (bytes(id, id_len), bytes(plan, plan_len)) };
    // SAFETY: what the caller promises.
    unsafe { answer(out, || Core::of_process().plan(name(id)?, plan).map(|()| Vec::new())) }
}

/// # Safety
/// The pointers are to so many bytes, `inputs` to `count` buffers; `traffic` and `out` may be written to.
#[allow(clippy::too_many_arguments)]
pub unsafe fn run(
    id: *const u8,
    id_len: usize,
    spec: *const u8,
    spec_len: usize,
    inputs: *const Buffer,
    count: usize,
    traffic: *mut Counts,
    out: *mut Buffer,
) -> i32 {
    // SAFETY: what the caller promises.
    let (id, spec) = unsafe { (bytes(id, id_len), bytes(spec, spec_len)) };
    let inputs: Vec<&[u8]> = match count {
        0 => Vec::new(),
        // SAFETY: what the caller promises.
        _ => unsafe { std::slice::from_raw_parts(inputs, count).iter().map(|b| b.lent()).collect() },
    };
    let mut counts = Counts::default();
    let work = || {
        let value = Core::of_process().run_sent(name(id)?, spec, &inputs)?;
        counts = value.counts;
        Ok(value.parcel)
    };
    // SAFETY: what the caller promises.
    let code = unsafe { answer(out, work) };
    if !traffic.is_null() {
        // SAFETY: the caller gives a place for the counts.
        unsafe { traffic.write(counts) };
    }
    code
}

/// # Safety
/// The pointer is to so many bytes.
pub unsafe fn cancel(id: *const u8, id_len: usize) -> i32 {
    // SAFETY: what the caller promises.
    let id = unsafe { bytes(id, id_len) };
    let cancel = || name(id).map(|id| Core::of_process().cancel(id)).map(|()| Vec::new());
    // SAFETY: nothing is written.
    unsafe { answer(std::ptr::null_mut(), cancel) }
}

/// # Safety
/// The pointer is to so many bytes.
pub unsafe fn forget(id: *const u8, id_len: usize) -> i32 {
    // SAFETY: what the caller promises.
    let id = unsafe { bytes(id, id_len) };
    let forget = || name(id).map(|id| Core::of_process().forget(id)).map(|()| Vec::new());
    // SAFETY: nothing is written.
    unsafe { answer(std::ptr::null_mut(), forget) }
}

/// # Safety
/// The buffer came from a function of this library, and is given back once.
pub unsafe fn free(buffer: Buffer) {
    if !buffer.data.is_null() {
        // SAFETY: `Buffer::of` took these bytes out of a boxed slice of this length.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(buffer.data, buffer.len)) });
    }
}

/// Makes a shared library of this crate that workers of a cluster load: all operations, sources and stores of the crate and
/// of those that it uses are known in it.
///
/// It stands alone in the `lib.rs` (or an example) of a crate with `crate-type = ["cdylib"]`.
///
/// ```
/// // Kernels and sources of your own: the crate must be named for them to be linked.
/// // use my_kernels as _;
/// graticule::worker_library!();
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! worker_library {
    () => {
        mod graticule_worker {
            #![allow(unsafe_code)]
            use $crate::cluster::worker::library::{self, Buffer, Counts};

            // SAFETY: the names are of this library alone.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn graticule_worker_about(out: *mut Buffer) -> i32 {
                unsafe { library::about(out) }
            }

            // SAFETY: as above.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn graticule_worker_limits(
                threads: usize,
                memory: usize,
                out: *mut Buffer,
            ) -> i32 {
                unsafe { library::limits(threads, memory, out) }
            }

            // SAFETY: as above.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn graticule_worker_plan(
                id: *const u8,
                id_len: usize,
                plan: *const u8,
                plan_len: usize,
                out: *mut Buffer,
            ) -> i32 {
                unsafe { library::plan(id, id_len, plan, plan_len, out) }
            }

            // SAFETY: as above.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn graticule_worker_run(
                id: *const u8,
                id_len: usize,
                spec: *const u8,
                spec_len: usize,
                inputs: *const Buffer,
                count: usize,
                traffic: *mut Counts,
                out: *mut Buffer,
            ) -> i32 {
                unsafe { library::run(id, id_len, spec, spec_len, inputs, count, traffic, out) }
            }

            // SAFETY: as above.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn graticule_worker_cancel(id: *const u8, id_len: usize) -> i32 {
                unsafe { library::cancel(id, id_len) }
            }

            // SAFETY: as above.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn graticule_worker_forget(id: *const u8, id_len: usize) -> i32 {
                unsafe { library::forget(id, id_len) }
            }

            // SAFETY: as above.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn graticule_worker_free(buffer: Buffer) {
                unsafe { library::free(buffer) }
            }
        }
    };
}
