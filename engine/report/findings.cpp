#include "engine/report/findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/code_pages.h"
#include "engine/base/secret.h"
#include "engine/data/value.h"
#include "engine/report/junit.h"

namespace etl::report {

namespace {

// Past this many findings of one mapping, the first ones are what helps.
constexpr std::size_t kMostShown = 50;

bool is_error(const Diagnostic& finding) { return finding.severity() == Severity::error; }

std::string code_name(Code code) { return fmt::format("{}{}", code >= 501 ? 'W' : 'E', code); }

// A finding's place: lines and columns from 1, columns in characters, the end behind the last one.
struct Region {
  std::string file;
  SourceText::Position begin;
  SourceText::Position end;
};

Region region_of(const LintedFile& file, const Diagnostic& finding) {
  if (!finding.at) return {file.path, {1, 1}, {1, 1}};
  const SourceText& text = *finding.at.source;
  return {text.name(), text.position(finding.at.begin), text.position(std::max(finding.at.begin, finding.at.end))};
}

std::string json(std::string_view text) {
  std::string out;
  append_json_string(redact(std::string{text}), out);
  return out;
}

std::string to_text(const Findings& findings) {
  std::string out;
  for (const LintedFile& file : findings.files) {
    const std::size_t shown = std::min(file.findings.size(), kMostShown);
    for (std::size_t i = 0; i < shown; ++i) out += render(file.findings[i]);
    if (file.findings.size() > shown) {
      out += fmt::format("{}: ... and {} more\n", file.path, file.findings.size() - shown);
    }
  }
  return out;
}

std::string to_json(const Findings& findings) {
  std::string out = fmt::format("{{\n  \"files\": {},\n  \"errors\": {},\n  \"warnings\": {},\n  \"findings\": [",
                                findings.files.size(), findings.errors(), findings.warnings());
  bool first = true;
  for (const LintedFile& file : findings.files) {
    for (const Diagnostic& finding : file.findings) {
      const Region at = region_of(file, finding);
      out += fmt::format(
          "{}\n    {{\"file\": {}, \"line\": {}, \"column\": {}, \"end_line\": {}, \"end_column\": {}, "
          "\"severity\": \"{}\", \"code\": \"{}\", \"message\": {}, \"help\": {}}}",
          first ? "" : ",", json(at.file), at.begin.line, at.begin.column, at.end.line, at.end.column,
          is_error(finding) ? "error" : "warning", code_name(finding.code), json(finding.message), json(finding.help));
      first = false;
    }
  }
  return out + (first ? "]\n}\n" : "\n  ]\n}\n");
}

std::string replaced(std::string text, const std::vector<std::pair<char, std::string_view>>& table) {
  std::string out;
  for (const char c : text) {
    const auto found = std::ranges::find(table, c, &std::pair<char, std::string_view>::first);
    found == table.end() ? out += c : out += found->second;
  }
  return out;
}

// Workflow commands (docs.github.com: "Workflow commands for GitHub Actions"): data and properties are escaped
// differently.
std::string github_data(std::string text) {
  return replaced(std::move(text), {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}});
}
std::string github_property(std::string text) {
  return replaced(std::move(text), {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {':', "%3A"}, {',', "%2C"}});
}

std::string to_github(const Findings& findings) {
  std::string out;
  for (const LintedFile& file : findings.files) {
    for (const Diagnostic& finding : file.findings) {
      const Region at = region_of(file, finding);
      out += fmt::format("::{} file={},line={},", is_error(finding) || findings.strict ? "error" : "warning",
                         github_property(redact(at.file)), at.begin.line);
      // Columns are allowed within one line only.
      if (at.begin.line == at.end.line) {
        out += fmt::format("endLine={},col={},endColumn={},", at.end.line, at.begin.column, at.end.column);
      }
      const CodePage* info = code_page(finding.code);
      out += fmt::format("title={}::", github_property(fmt::format("{} {}", code_name(finding.code), info ? info->title : "")));
      out += github_data(redact(finding.help.empty() ? finding.message : finding.message + "\n= " + finding.help)) + "\n";
    }
  }
  return out;
}

// A path as a URI reference (RFC 3986, section 4.2).
std::string uri_of(std::string_view path) {
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view{"-._~/"}.find(c) != std::string_view::npos;
    plain ? out += c : out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string sarif_rule(const CodePage& code) {
  return fmt::format(
      "            {{\"id\": \"{}\", \"shortDescription\": {{\"text\": {}}}, \"fullDescription\": {{\"text\": {}}}, "
      "\"defaultConfiguration\": {{\"level\": \"{}\"}}}}",
      code_name(code.code), json(code.title), json(code.doc), code.code >= 501 ? "warning" : "error");
}

std::string sarif_result(const Findings& findings, const LintedFile& file, const Diagnostic& finding) {
  const Region at = region_of(file, finding);
  const auto& codes = code_pages();
  const auto row = std::ranges::find(codes, finding.code, &CodePage::code) - codes.begin();
  const std::string text = finding.help.empty() ? finding.message : finding.message + "; " + finding.help;
  return fmt::format(
      "        {{\"ruleId\": \"{}\", \"ruleIndex\": {}, \"level\": \"{}\", \"message\": {{\"text\": {}}}, "
      "\"locations\": [{{\"physicalLocation\": {{\"artifactLocation\": {{\"uri\": \"{}\"}}, \"region\": "
      "{{\"startLine\": {}, \"startColumn\": {}, \"endLine\": {}, \"endColumn\": {}}}}}}}]}}",
      code_name(finding.code), row, is_error(finding) || findings.strict ? "error" : "warning", json(text),
      uri_of(redact(at.file)), at.begin.line, at.begin.column, at.end.line, at.end.column);
}

// SARIF 2.1.0 (OASIS); columns in code points, section 3.14.17.
std::string to_sarif(const Findings& findings) {
  std::vector<std::string> rules;
  for (const CodePage& code : code_pages()) rules.push_back(sarif_rule(code));
  std::vector<std::string> results;
  for (const LintedFile& file : findings.files) {
    for (const Diagnostic& finding : file.findings) results.push_back(sarif_result(findings, file, finding));
  }
  return fmt::format(
      "{{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \"version\": \"2.1.0\",\n"
      "  \"runs\": [\n    {{\n      \"columnKind\": \"unicodeCodePoints\",\n      \"tool\": {{\n        \"driver\": {{\n"
      "          \"name\": \"etl\",\n          \"version\": {},\n          \"rules\": [\n{}\n          ]\n        }}\n"
      "      }},\n      \"results\": [{}{}{}]\n    }}\n  ]\n}}\n",
      json(findings.version), fmt::join(rules, ",\n"), results.empty() ? "" : "\n", fmt::join(results, ",\n"),
      results.empty() ? "" : "\n      ");
}

std::string to_junit_text(const Findings& findings) {
  std::vector<JunitSuite> suites;
  for (const LintedFile& file : findings.files) {
    JunitSuite suite{file.path, {}};
    for (const Diagnostic& finding : file.findings) {
      const std::string name = fmt::format("{} {}", code_name(finding.code), to_string(finding.at));
      suite.cases.push_back({.name = redact(name),
                             .failed = is_error(finding) || findings.strict,
                             .message = redact(finding.message),
                             .text = redact(render(finding))});
    }
    if (suite.cases.empty()) suite.cases.push_back({.name = "lint"});
    suites.push_back(std::move(suite));
  }
  return to_junit("etl lint", suites);
}

std::size_t count(const Findings& findings, Severity severity) {
  std::size_t count = 0;
  for (const LintedFile& file : findings.files) {
    count += static_cast<std::size_t>(std::ranges::count(file.findings, severity, &Diagnostic::severity));
  }
  return count;
}

}  // namespace

std::size_t Findings::errors() const { return count(*this, Severity::error); }
std::size_t Findings::warnings() const { return count(*this, Severity::warning); }

const std::vector<FindingsFormat>& findings_formats() {
  static const std::vector<FindingsFormat> table = {
      {"text", "message, source line, caret and remedy; the first 50 of each file", to_text},
      {"json", "one object with all findings, for programs", to_json},
      {"github", "workflow commands: GitHub Actions shows them beside the lines", to_github},
      {"sarif", "SARIF 2.1.0, for code scanning", to_sarif},
      {"junit", "JUnit XML: one suite for each file, one case for each finding", to_junit_text},
  };
  return table;
}

const FindingsFormat* findings_format(std::string_view name) {
  const auto& table = findings_formats();
  const auto found = std::ranges::find(table, name, &FindingsFormat::name);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace etl::report
