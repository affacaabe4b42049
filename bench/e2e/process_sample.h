#pragma once
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace weir::bench {

/// What Linux says a process has used so far.
struct process_sample {
  double cpu_s = 0;
  double user_s = 0;  ///< of cpu_s, in steps of 10 ms
  std::uint64_t rss_kb = 0;
  std::uint64_t pss_kb = 0;        ///< shared pages divided among those who share them
  std::uint64_t private_kb = 0;    ///< what would be free without this process
  std::uint64_t anonymous_kb = 0;  ///< not of a file: heap, stacks, data that was written to
};

/// All threads of `pid`: the whole from its CPU clock, which counts nanoseconds, and the user part
/// from /proc/PID/stat (proc(5), field 14). utime + stime are that clock rounded down to 10 ms.
[[nodiscard]] inline process_sample cpu_of(std::uint64_t pid) {
  process_sample sample;
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(static_cast<pid_t>(pid), &clock) == 0 &&
      ::clock_gettime(clock, &used) == 0)
    sample.cpu_s = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;

  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the name may hold spaces
  if (name_end == std::string::npos) return sample;
  std::istringstream fields(line.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  fields >> sample.user_s;
  sample.user_s /= static_cast<double>(::sysconf(_SC_CLK_TCK));
  return sample;
}

/// Adds the memory of `pid`. Takes longer than cpu_of(), hence apart from it.
[[nodiscard]] inline process_sample with_memory(process_sample sample, std::uint64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t kb = 0;
    fields >> name >> kb;
    if (name == "Rss:") sample.rss_kb = kb;
    if (name == "Pss:") sample.pss_kb = kb;
    if (name == "Anonymous:") sample.anonymous_kb = kb;
    if (name == "Private_Clean:" || name == "Private_Dirty:") sample.private_kb += kb;
  }
  return sample;
}

/// Seconds all cores together were busy, and in all (proc(5), /proc/stat, first line).
struct machine_sample {
  double busy_s = 0;
  double total_s = 0;
};
[[nodiscard]] inline machine_sample machine_cpu() {
  std::ifstream file("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft_irq = 0, stolen = 0;
  file >> name >> user >> nice >> system >> idle >> waiting >> irq >> soft_irq >> stolen;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  machine_sample sample;
  sample.busy_s = (user + nice + system + irq + soft_irq + stolen) / ticks;
  sample.total_s = sample.busy_s + (idle + waiting) / ticks;
  return sample;
}

}  // namespace weir::bench
