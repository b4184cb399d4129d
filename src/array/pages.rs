//! Large pages for large arrays: with small ones the first touch of fresh memory costs more than most arithmetic on
//! it, as the system is asked for every 4 KiB.
#![allow(unsafe_code)]

/// Large pages of the common systems; elements around whole ones keep small pages.
const LARGE: usize = 2 << 20;

/// Arrays of fewer bytes are left alone.
const LEAST: usize = 4 * LARGE;

/// Asks the system to back elements that nobody has touched yet with large pages, where it offers that.
pub(super) fn prefer_large<T>(elements: &mut [T]) {
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
