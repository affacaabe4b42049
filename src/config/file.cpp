#include "config/file.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace weir::config {

result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const auto reason = [] { return failure{std::generic_category().message(errno)}; };
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  const std::unique_ptr<std::FILE, closer> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return reason();
  std::string out(max_bytes + 1, '\0');
  const std::size_t length = std::fread(out.data(), 1, out.size(), file.get());
  if (std::ferror(file.get()) != 0) return reason();  // a directory opens, but cannot be read
  if (length > max_bytes) return failure{"larger than " + std::to_string(max_bytes) + " bytes"};
  out.resize(length);
  return out;
}

}  // namespace weir::config
