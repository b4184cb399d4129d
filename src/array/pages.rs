//! Pages of memory: their first touch costs more than most arithmetic on them.
//!
//! Large arrays get large pages, so that the system is not asked for every 4 KiB, and memory that was freed stays with
//! the process for the next array.
#![allow(unsafe_code)]

use bytemuck::Pod;

/// Large pages of the common systems; elements around whole ones keep small pages.
const LARGE: usize = 2 << 20;

/// Arrays of fewer bytes are left alone.
const LEAST: usize = 4 * LARGE;

/// Asks the system to back elements that nobody has touched yet with large pages, where it offers that.
pub(crate) fn prefer_large<T>(elements: &mut [T]) {
    if size_of_val(elements) < LEAST {
        return;
    }
    #[cfg(target_os = "linux")]
    {
        let range = elements.as_mut_ptr_range();
        let (start, end) = (range.start as usize, range.end as usize);
        let (start, end) = (start.next_multiple_of(LARGE), end / LARGE * LARGE);
        // SAFETY: the pages from `start` to `end` lie within memory that is borrowed here for writing, and the advice
        // changes how they are backed, not what they hold. If it is refused nothing happens.
        unsafe { libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE) };
    }
}

/// So many numbers of any value, each to be written before it is read: clearing them would be one more way to memory.
///
/// Builds with assertions on write a pattern that no test takes for a result.
pub(crate) fn uncleared<T: Pod>(count: usize) -> Vec<T> {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if !cfg!(any(debug_assertions, miri)) {
        let mut numbers: Vec<T> = Vec::with_capacity(count);
        // SAFETY: to the compiler the assembly has written all `count` numbers, which may be any bytes; that it leaves
        // those that are there makes no difference. The memory belongs to the vector, which has room for them.
        unsafe {
            std::arch::asm!("/* {0} */", in(reg) numbers.as_mut_ptr(), options(nostack, preserves_flags));
            numbers.set_len(count);
        }
        prefer_large(&mut numbers);
        return numbers;
    }
    let mut numbers = vec![T::zeroed(); count];
    if cfg!(debug_assertions) {
        bytemuck::cast_slice_mut::<T, u8>(&mut numbers).fill(0xA5);
    }
    numbers
}

/// Free bytes at the end of the heap that stay with the process, at most.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: usize = 512 << 20;

/// Free bytes that each thread's own heap keeps at most: about all that it may hold.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_BY_THREAD: usize = 64 << 20;

/// `MALLOC_TRIM_THRESHOLD_` as Dask's nannies set it, unasked, for the small objects of Python: arrays were three times as slow.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const NANNY: &str = "65536";

/// No more than this part of the memory that a process has is kept free.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_PART: usize = 8;

/// Blocks of fewer bytes come from heaps, and are not handed back one by one. Larger ones, as results are, would not find
/// their old place in a heap again: smaller ones have been cut from it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const FROM_HEAP: libc::c_int = 64 << 20;

/// Has the C library's allocator keep what is freed, for the next array: left alone it gives blocks of some
/// megabytes back at once, and every task would be given fresh pages for each of its arrays. What the environment
/// says (`GLIBC_TUNABLES`, `MALLOC_…_`) goes first. Once for the process, which has about so much memory; other allocators are
/// not touched.
pub(crate) fn keep_freed(memory: usize) {
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = memory;
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            let asked = |name: &str| std::env::var_os(name).is_some();
            let trim = std::env::var_os("MALLOC_TRIM_THRESHOLD_").is_some_and(|value| value != NANNY);
            if trim || asked("GLIBC_TUNABLES") || asked("MALLOC_MMAP_THRESHOLD_") {
                return;
            }
            let kept = KEPT.min(memory / KEPT_PART);
            let by_thread = KEPT_BY_THREAD.min(kept / KEPT_PART);
            // SAFETY: mallopt takes numbers and changes when memory goes back to the system, not which memory is valid.
            unsafe {
                libc::mallopt(libc::M_MMAP_THRESHOLD, FROM_HEAP);
                libc::mallopt(libc::M_TRIM_THRESHOLD, kept as libc::c_int);
                libc::mallopt(libc::M_TOP_PAD, by_thread as libc::c_int);
            }
        });
    }
}
