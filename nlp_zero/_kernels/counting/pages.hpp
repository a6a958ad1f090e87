// Memory that one array no longer needs becomes memory of another: on Linux, in pages of 2 MB.
//
// New memory must be cleared by the system, which takes longer than most steps of counting; moved pages need not be.
#pragma once
#include <cstddef>
#include <cstdint>
#ifdef __linux__
#include <cerrno>
#include <new>
#include <sys/mman.h>
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4  // since Linux 5.7, glibc 2.32
#endif
#endif

namespace nlpzero::counting {

class SparePages {
public:
    static constexpr size_t PAGE = size_t(1) << 21;
    static char* align(const void* p) {
        return reinterpret_cast<char*>((uintptr_t(p) + PAGE - 1) & ~uintptr_t(PAGE - 1));
    }

    // Offer the memory from `begin` to `end`.  Its contents will be lost.  If it does not continue what was offered before,
    // it takes the place of that.
    void offer(const void* begin, const void* end) {
        if (uintptr_t(begin) != end_) next_ = align(begin);
        end_ = uintptr_t(end);
    }

    // Move a page to `to`, which is aligned, allocated, and without contents.  If no page is left, or the system cannot
    // do it, the memory at `to` stays new.
    void move_to(char* to) {
#ifdef __linux__
        if (!usable_ || !next_ || uintptr_t(next_) + PAGE > end_) return;
        void* const moved = mremap(next_, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
        next_ += PAGE;
        if (moved != MAP_FAILED) return;
        usable_ = false;
        if (errno == EINVAL) return;  // the system is too old, and has changed nothing
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        if (mmap(to, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED) throw std::bad_alloc();
#else
        (void)to;
#endif
    }

private:
    char* next_ = nullptr;  // the next page
    uintptr_t end_ = 0;
    bool usable_ = true;
};

}  // namespace nlpzero::counting
