#include "engine/readers/fill_down.h"

#include <algorithm>
#include <map>

namespace etl::readers {

namespace {

// The value with its text in the arena.
Value copied(const Value& value, Arena& arena) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return arena.copy(*text);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return Bytes{arena.copy(bytes->view)};
  if (const auto* json = std::get_if<Json>(&value)) return Json{arena.copy(json->view)};
  if (const auto* list = std::get_if<List>(&value)) return List{arena.copy(list->view)};
  return value;
}

class FillDownReader : public Reader {
 public:
  FillDownReader(std::unique_ptr<Reader> reader, const ReadRequest& request) : reader_{std::move(reader)} {
    for (std::uint32_t i = 0; i < request.columns.size(); ++i) {
      if (std::ranges::find(request.fill_down, request.columns[i].name) != request.fill_down.end()) {
        above_.push_back({i, {}, std::nullopt});
      }
    }
  }

  BatchPtr next() override {
    const BatchPtr read = reader_->next();
    if (!read) return nullptr;
    auto batch = std::make_shared<Batch>(*read);
    if (batch->file != file_) {
      file_ = batch->file;
      for (Above& above : above_) above = {above.column, {}, std::nullopt};
    }
    for (Above& above : above_) {
      above.value = copied(above.value, *batch->arena);
      fill(above, *batch);
    }
    previous_ = batch->arena;
    std::ranges::stable_sort(batch->faults, {}, &Batch::Fault::row);
    return batch;
  }

  std::optional<std::uint64_t> estimated_rows() override { return reader_->estimated_rows(); }

 private:
  // The last value of a column, or why it is not known.
  struct Above {
    std::uint32_t column = 0;
    Value value;
    std::optional<Batch::Fault> fault;
  };

  static void fill(Above& above, Batch& batch) {
    const Column& read = *batch.columns[above.column];
    auto filled = std::make_shared<Column>(read.type(), read.size());
    std::map<std::uint32_t, Batch::Fault> faults;
    for (const Batch::Fault& fault : batch.faults) {
      if (fault.column == above.column) faults.emplace(fault.row, fault);
    }
    std::map<std::uint32_t, const Failure*> broken;
    for (const Failure& failure : batch.broken_rows) broken.emplace(failure.row, &failure);
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      if (const auto fault = faults.find(row); fault != faults.end()) {
        above.fault = fault->second;
      } else if (const auto failure = broken.find(row); failure != broken.end()) {
        above.fault = {row, above.column, "cells", "the row above cannot be read", ""};
      } else if (!read.is_null(row)) {
        above.value = read.at(row);
        above.fault.reset();
      } else if (above.fault) {
        above.fault->row = row;
        batch.faults.push_back(*above.fault);
      }
      filled->set(row, above.fault ? Value{} : above.value);
    }
    batch.columns[above.column] = std::move(filled);
  }

  std::unique_ptr<Reader> reader_;
  std::vector<Above> above_;
  std::string file_;
  std::shared_ptr<Arena> previous_;  // Holds the texts of the values above until the next batch.
};

}  // namespace

std::unique_ptr<Reader> fill_down(std::unique_ptr<Reader> reader, const ReadRequest& request) {
  return std::make_unique<FillDownReader>(std::move(reader), request);
}

}  // namespace etl::readers
