// Memory that was freed, given back to the system.
#pragma once
#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace nlpzero {

// glibc keeps freed memory below memory that is in use.
inline void return_free_memory() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace nlpzero
