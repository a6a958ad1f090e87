// Zeroed memory for large tables of which most entries are never written: on Linux and macOS, pages that are not touched
// take no memory.  `calloc` promises that only for memory that has not been used before.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <new>
#if defined(__linux__) || defined(__APPLE__)
#define NLP_ZERO_MMAP 1
#include <sys/mman.h>
#endif

namespace nlpzero {

// An array of zeros of a plain type, which cannot be copied or moved.
template <class T>
class ZeroPages {
public:
    explicit ZeroPages(size_t size) : size_(size) {
#ifdef NLP_ZERO_MMAP
        void* const memory = mmap(nullptr, size * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
#else
        void* const memory = std::calloc(size, sizeof(T));
        if (!memory) throw std::bad_alloc();
#endif
        data_ = static_cast<T*>(memory);
    }
    ZeroPages(const ZeroPages&) = delete;
    ZeroPages& operator=(const ZeroPages&) = delete;
    ~ZeroPages() {
#ifdef NLP_ZERO_MMAP
        munmap(data_, size_ * sizeof(T));
#else
        std::free(data_);
#endif
    }
    T& operator[](size_t i) { return data_[i]; }
    const T& operator[](size_t i) const { return data_[i]; }

private:
    T* data_;
    size_t size_;
};

}  // namespace nlpzero
