// Reads the next batches while the target is busy with this one.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/readers/reader.h"

namespace etl::run {

// Gives the rows of another reader, in order, read by a thread of its own at most `kAhead` batches before they are
// asked for. A small source never starts the thread. Whoever owns it must not use the reader's connection meanwhile.
class ReadAhead : public readers::Reader {
 public:
  static constexpr std::size_t kAhead = 2;

  explicit ReadAhead(std::unique_ptr<readers::Reader> reader) : reader_{std::move(reader)} {}
  // Waits for the batch that is being read.
  ~ReadAhead() override;

  // Throws what the reader threw, when its turn comes.
  BatchPtr next() override;
  // REQUIRES: called before next().
  std::optional<std::uint64_t> estimated_rows() override { return reader_->estimated_rows(); }

 private:
  void read();

  std::unique_ptr<readers::Reader> reader_;
  std::size_t read_here_ = 0;  // Batches read before the thread was started.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<BatchPtr> ready_;  // A null batch is the end.
  std::exception_ptr failure_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace etl::run
