#pragma once
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

/// The command line as `--name value` pairs, each asked for once by name. Whatever is wrong ends
/// the program with a message: these are tools for one measurement, not services.
class options {
 public:
  options(int count, char** words) : program_(words[0]) {
    for (int i = 1; i < count; i += 2) {
      const std::string_view name = words[i];
      if (!name.starts_with("--")) refuse("not an option: " + std::string(name));
      if (i + 1 == count) refuse(std::string(name) + " needs a value");
      given_.push_back({name.substr(2), words[i + 1], false});
    }
  }

  [[nodiscard]] std::string_view text(std::string_view name, std::string_view fallback) {
    for (option& o : given_) {
      if (o.name != name) continue;
      o.used = true;
      fallback = o.value;
    }
    return fallback;
  }

  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t fallback) {
    const std::string_view written = text(name, "");
    if (written.empty()) return fallback;
    return read_number(name, written);
  }

  /// Numbers separated by commas; none when the option is not given.
  [[nodiscard]] std::vector<std::uint64_t> numbers(std::string_view name) {
    std::vector<std::uint64_t> all;
    std::string_view rest = text(name, "");
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      all.push_back(read_number(name, rest.substr(0, comma)));
      rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    }
    return all;
  }

  /// Call when every option was asked for: what is left over is a mistake.
  void finish() const {
    for (const option& o : given_)
      if (!o.used) refuse("unknown option --" + std::string(o.name));
  }

  [[noreturn]] void refuse(const std::string& why) const {
    std::fprintf(stderr, "%s: %s\n", program_, why.c_str());
    std::exit(2);
  }

 private:
  struct option {
    std::string_view name;
    std::string_view value;
    bool used;
  };

  [[nodiscard]] std::uint64_t read_number(std::string_view name, std::string_view written) const {
    std::uint64_t value = 0;
    const char* const end = written.data() + written.size();
    const auto [stop, wrong] = std::from_chars(written.data(), end, value);
    if (wrong != std::errc() || stop != end)
      refuse("--" + std::string(name) + " takes a number, not " + std::string(written));
    return value;
  }

  const char* program_;
  std::vector<option> given_;
};

}  // namespace weir::bench
