#include "engine/run/read_ahead.h"

namespace etl::run {

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

BatchPtr ReadAhead::next() {
  if (!thread_.joinable()) {
    if (read_here_++ < kAhead) return reader_->next();
    thread_ = std::thread{[this] { read(); }};
  }
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
  if (ready_.empty()) std::rethrow_exception(failure_);
  BatchPtr batch = ready_.front();
  if (batch) ready_.pop_front();  // The end stays, for whoever asks again.
  lock.unlock();
  changed_.notify_all();
  return batch;
}

void ReadAhead::read() {
  try {
    for (bool ended = false; !ended;) {
      BatchPtr batch = reader_->next();
      ended = batch == nullptr;
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return ready_.size() < kAhead || stopped_; });
      if (stopped_) return;
      ready_.push_back(std::move(batch));
      lock.unlock();
      changed_.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock{mutex_};
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

}  // namespace etl::run
