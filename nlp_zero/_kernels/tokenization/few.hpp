// Memory of one call: on the stack for few values.
#pragma once
#include <cstddef>
#include <memory>

namespace nlpzero::tokenization {

template <class T, size_t INLINE>
class Few {
 public:
    Few() = default;
    Few(const Few&) = delete;
    Few& operator=(const Few&) = delete;

    // Return room for this many values, which are not initialized; what was returned before is lost.
    T* reserve(size_t size) {
        if (size <= INLINE) return inline_;
        heap_.reset(new T[size]);
        return heap_.get();
    }

 private:
    T inline_[INLINE];
    std::unique_ptr<T[]> heap_;
};

}  // namespace nlpzero::tokenization
