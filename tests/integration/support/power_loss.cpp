// What of the journals would be left after a loss of power. Preloaded into weir, it notes in the
// directory WEIR_DISK names, for each file *.journal
//
//   NAME.journal.size   how many bytes a successful fdatasync or fsync covered, 20 digits
//   NAME.journal.named  if its directory was synced after it had its name
//
// before that call returns. WEIR_DISK_DELAY: microseconds that the disk takes longer.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

const char* const ending = ".journal";

bool is_journal(const std::string& name) {
  const std::string end(ending);
  return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

/// In one write: whoever dies in between has noted nothing.
void note(const std::string& name, const std::string& text) {
  const char* const disk = std::getenv("WEIR_DISK");
  if (disk == nullptr) return;
  const std::string path = std::string(disk) + '/' + name;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::pwrite(file, text.data(), text.size(), 0) < 0) std::abort();
  ::close(file);
}

std::string path_of(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  return size < 0 ? std::string() : std::string(path, static_cast<std::size_t>(size));
}

std::vector<std::string> journals_in(const std::string& directory) {
  std::vector<std::string> found;
  DIR* const open = ::opendir(directory.c_str());
  if (open == nullptr) return found;
  while (const dirent* const entry = ::readdir(open))
    if (is_journal(entry->d_name)) found.emplace_back(entry->d_name);
  ::closedir(open);
  return found;
}

/// What there is when the call begins is what it covers.
int noted(const char* call, int descriptor) {
  struct stat facts {};
  const std::string path = ::fstat(descriptor, &facts) == 0 ? path_of(descriptor) : std::string();
  const bool directory = S_ISDIR(facts.st_mode);
  const std::vector<std::string> names = directory ? journals_in(path) : std::vector<std::string>();
  const char* const delay = std::getenv("WEIR_DISK_DELAY");
  if (delay != nullptr && (is_journal(path) || directory))
    ::usleep(static_cast<useconds_t>(std::atoi(delay)));
  using function = int (*)(int);
  const auto real = reinterpret_cast<function>(::dlsym(RTLD_NEXT, call));
  const int result = real(descriptor);
  if (result != 0) return result;
  for (const std::string& name : names) note(name + ".named", "yes");
  if (directory || !is_journal(path)) return result;
  char size[32];
  const int digits =
      std::snprintf(size, sizeof size, "%020lld", static_cast<long long>(facts.st_size));
  note(path.substr(path.rfind('/') + 1) + ".size",
       std::string(size, static_cast<std::size_t>(digits)));
  return result;
}

}  // namespace

extern "C" int fdatasync(int descriptor) { return noted("fdatasync", descriptor); }
extern "C" int fsync(int descriptor) { return noted("fsync", descriptor); }
