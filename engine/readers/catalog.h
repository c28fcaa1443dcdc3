// Every kind of database that rows can be read from, and how one is opened.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/readers/reader.h"
#include "engine/schema/catalog.h"
#include "engine/stores/store.h"

namespace etl::readers {

// A connection with one snapshot, that opens readers. All of them see the rows of that snapshot.
// Must outlive its readers; one thread uses it and its readers at a time.
class Source {
 public:
  virtual ~Source() = default;

  // The live schema.
  virtual const schema::Catalog& catalog() = 0;
  // Names and types the database gives the columns of a query, without running it: the type is `any` where it
  // does not know. Throws Error (schema) for SQL that it refuses.
  virtual std::vector<ReadColumn> describe(const std::string& query,
                                           std::span<const std::pair<std::string, Value>> parameters) = 0;
  // Of files without declared columns: the columns that they hold. Nothing where the catalogue tells them, or where
  // rows may have others. Throws Error when a file cannot be read.
  virtual std::optional<std::vector<ReadColumn>> discover(const ReadRequest& /*request*/) { return std::nullopt; }
  // Throws Error (schema) for a table or column that does not exist.
  virtual std::unique_ptr<Reader> open(const ReadRequest& request, BatchLimits limits) = 0;
};

// A kind of source: one row of the catalogue.
struct SourceKind {
  stores::Kind kind{};
  std::string_view name;
  std::string_view doc;
  std::unique_ptr<Source> (*open)(const stores::ConnectionInfo& info) = nullptr;
};
const std::vector<SourceKind>& source_kinds();
// Null for a kind that is not available yet.
const SourceKind* source_kind(stores::Kind kind);

// Opens a reader with all that the request says, whatever the kind of source: fill_down too.
std::unique_ptr<Reader> open_rows(Source& source, const ReadRequest& request, BatchLimits limits);

// Throws Error (connection) when the source cannot be opened or its kind is not available yet.
std::unique_ptr<Source> open_source(const stores::ConnectionInfo& info);

}  // namespace etl::readers
