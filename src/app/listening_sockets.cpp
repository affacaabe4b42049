#include "app/listening_sockets.h"

#include <fcntl.h>

#include <utility>

#include "app/port_check.h"
#include "net/listener.h"

namespace weir::app {

result<std::vector<std::vector<net::file_descriptor>>> listening_sockets(
    const config::listen_address& where, std::size_t workers,
    std::vector<net::file_descriptor> handed_down) {
  std::vector<std::vector<net::file_descriptor>> out(workers);
  if (handed_down.empty() && !where.path.empty()) {
    // All share the one: a Unix socket has one name in the file system.
    net::listener::options options;
    options.path = where.path;
    auto socket = net::listener::bind(options);
    if (!socket) return failure{"cannot listen on " + socket.error().message};
    handed_down.push_back(std::move(socket).value());
  }
  if (!handed_down.empty()) {
    for (std::size_t i = handed_down.size(); i < workers; ++i) {
      const int shared = handed_down[i % handed_down.size()].get();
      out[i].emplace_back(::fcntl(shared, F_DUPFD_CLOEXEC, 0));
      if (!out[i].back().valid()) return failure{"too few file descriptors to share a socket"};
    }
    for (std::size_t i = 0; i < handed_down.size(); ++i)
      out[i % workers].push_back(std::move(handed_down[i]));
    return out;
  }
  if (auto port = free_port(where.host, where.port); !port) return port.error();
  net::listener::options options;
  options.host = where.host;
  options.port = where.port;
  for (std::size_t i = 0; i < workers; ++i) {
    auto socket = net::listener::bind(options);
    if (!socket) return socket.error();
    if (options.port == 0) options.port = net::port_of(socket->get());  // any: all take the same
    out[i].push_back(std::move(socket).value());
  }
  return out;
}

}  // namespace weir::app
