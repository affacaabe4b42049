#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace weir::app {

/// Notices when files become others: written, replaced by a rename, or reached through a symbolic
/// link that leads elsewhere now. It looks at them instead of being told, since notification knows
/// nothing of links, bind mounts and network file systems.
///
/// Cost     A stat for each file and look.
/// Threads  None.
class file_watch {
 public:
  file_watch() = default;
  explicit file_watch(std::vector<std::string> paths);

  /// True once after each change, when two looks in a row saw the same again: whoever writes in
  /// place is done by then.
  [[nodiscard]] bool changed();
  /// What is there now is known already.
  void accept();
  /// Other files from now on; of those it knew it goes on knowing what it knew.
  void follow(std::vector<std::string> paths);

 private:
  struct identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;  ///< 0: there is no such file
    std::int64_t size = 0;
    std::int64_t modified_s = 0;
    std::int64_t modified_ns = 0;

    friend bool operator==(const identity&, const identity&) = default;
  };
  [[nodiscard]] static identity look_at(const std::string& path);
  [[nodiscard]] std::vector<identity> look() const;

  std::vector<std::string> paths_;
  std::vector<identity> told_;  ///< what the last change led to
  std::vector<identity> last_;  ///< what the last look saw
};

}  // namespace weir::app
