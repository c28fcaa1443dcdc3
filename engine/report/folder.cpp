// The folder that a run leaves behind.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/report/report.h"

namespace etl::report {

namespace {

[[noreturn]] void cannot_write(const std::string& path, int error) {
  throw Error{Error::Kind::environment, fmt::format("cannot write {}: {}", path, std::strerror(error)),
              "free the disk or mend its permissions, or write the reports elsewhere with settings.reports"};
}

// Letters, digits and a few signs: a mapping's name must not lead out of the folder.
std::string as_file_name(std::string_view name) {
  std::string safe{name};
  for (char& letter : safe) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '_' && letter != '-') letter = '_';
  }
  return safe;
}

// "20251214T090311Z".
std::string compact_time(Instant at) {
  char text[40];
  const std::string_view iso{text, format_instant(at, text)};
  std::string compact;
  for (const char letter : iso.substr(0, 19)) {
    if (letter != '-' && letter != ':') compact += letter;
  }
  return compact + "Z";
}

void make_private_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) cannot_write(path, errno);
}

}  // namespace

std::string folder_name(std::string_view name, Instant at) { return as_file_name(name) + "-" + compact_time(at); }

std::string make_folder(const std::string& reports, std::string_view mapping, Instant started, const Uuid& run_id) {
  const std::string base = reports.empty() ? "." : reports;
  std::error_code failed;
  std::filesystem::create_directories(base, failed);
  if (failed) cannot_write(base, failed.value());
  char id[36];
  format_uuid(run_id, id);
  const std::string leaf = fmt::format("{}-{}", folder_name(mapping, started), std::string_view{id, 8});
  // A run that is tried again has a folder for each attempt.
  std::string folder = (std::filesystem::path{base} / leaf).string();
  for (int attempt = 2; std::filesystem::exists(folder); ++attempt) {
    folder = (std::filesystem::path{base} / fmt::format("{}-{}", leaf, attempt)).string();
  }
  make_private_folder(folder);
  make_private_folder(folder + "/rejects");
  return folder;
}

void write_private(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) cannot_write(path, errno);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t sent = ::write(file, text.data() + done, text.size() - done);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      const int error = errno;
      ::close(file);
      ::unlink(path.c_str());  // Half of a script or of a report is worse than none.
      cannot_write(path, error);
    }
    done += static_cast<std::size_t>(sent);
  }
  if (::close(file) != 0) cannot_write(path, errno);
}

void write(const Report& report) {
  if (report.folder.empty()) return;
  write_private(report.folder + "/summary.txt", to_text(report));
  write_private(report.folder + "/report.json", to_json(report));
}

}  // namespace etl::report
