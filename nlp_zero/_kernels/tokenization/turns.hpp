// Which thread does what: things that are numbered, taken one after the other, and needed in order.
#pragma once
#include <condition_variable>
#include <mutex>
#include <vector>

namespace nlpzero::tokenization {

class Turns {
 public:
    void begin(size_t count) { done_.assign(count, 0); }
    size_t size() const { return done_.size(); }
    // The next one that no thread has taken; size() if there is none.
    size_t take() {
        const std::lock_guard<std::mutex> lock(mutex_);
        return stopped_ || next_ == done_.size() ? done_.size() : next_++;
    }
    void finish(size_t k) {
        const std::lock_guard<std::mutex> lock(mutex_);
        done_[k] = 1;
        changed_.notify_all();
    }
    bool done(size_t k) {
        const std::lock_guard<std::mutex> lock(mutex_);
        return done_[k];
    }
    // Wait until another thread has finished k.  Returns false if that will not happen.
    bool wait(size_t k) {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return done_[k] || stopped_; });
        return done_[k];
    }
    // No thread takes another one.
    void stop() {
        const std::lock_guard<std::mutex> lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<char> done_;
    size_t next_ = 0;
    bool stopped_ = false;
};

}  // namespace nlpzero::tokenization
