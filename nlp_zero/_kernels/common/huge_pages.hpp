// Memory of large tables that are read at random: on Linux, in pages of 2 MB if the system has them.  Smaller ones begin
// with a cache line, so that rows of numbers do not lie on more lines than necessary.
//
// A trie of 1 MB lies on 256 ordinary pages, more than the processor keeps the addresses of; looking a page up again took
// 3 % of the time of a tokenizer with 20,000 words and 8 % with 30,000.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace nlpzero {

template <class T>
struct HugePageAllocator {
    using value_type = T;
    static constexpr size_t PAGE = size_t(1) << 21, LEAST_BYTES = size_t(1) << 17;
    static constexpr size_t LINE = 64;  // bytes of a cache line

    HugePageAllocator() = default;
    template <class U>
    HugePageAllocator(const HugePageAllocator<U>&) {}

    T* allocate(size_t n) {
        if (n > (~size_t(0) - PAGE) / sizeof(T)) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
        const size_t size = (n * sizeof(T) + PAGE - 1) / PAGE * PAGE;
        if (n * sizeof(T) >= LEAST_BYTES) {
            void* const memory = std::aligned_alloc(PAGE, size);
            if (!memory) throw std::bad_alloc();
            madvise(memory, size, MADV_HUGEPAGE);  // if it fails, pages are ordinary ones
            return static_cast<T*>(memory);
        }
#endif
        // Aligned operator new is missing in old versions of macOS.  The byte before the memory says what was skipped.
        char* const memory = static_cast<char*>(::operator new(n * sizeof(T) + LINE));
        const size_t skipped = LINE - reinterpret_cast<uintptr_t>(memory) % LINE;
        memory[skipped - 1] = char(skipped);
        return reinterpret_cast<T*>(memory + skipped);
    }
    void deallocate(T* memory, size_t n) {
#ifdef MADV_HUGEPAGE
        if (n * sizeof(T) >= LEAST_BYTES) return std::free(memory);
#endif
        (void)n;
        char* const begin = reinterpret_cast<char*>(memory);
        ::operator delete(begin - begin[-1]);
    }
    template <class U>
    bool operator==(const HugePageAllocator<U>&) const { return true; }
    template <class U>
    bool operator!=(const HugePageAllocator<U>&) const { return false; }
};

template <class T>
using HugeVector = std::vector<T, HugePageAllocator<T>>;

}  // namespace nlpzero
