// A whole worker between clients and upstreams: bytes, splits, timers and closes in any order.
//
// Input    A program: a byte that says what happens (low five bits; the highest bit: the next thing
//          happens before anybody has reacted), and bytes that say how.
// Laws     What clients get is well-formed HTTP, and for what was asked as JSON it is what the API
//          allows; what upstreams get is well-formed HTTP; an answer that ended is on record once;
//          when everybody has left, nothing is left of them; no turn goes on for ever.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "server_pieces.h"
#include "server_world.h"

namespace {

using weir::millis;
using weir::fuzz::client;
using weir::fuzz::law;
using weir::fuzz::network;
using weir::fuzz::peer;
using weir::fuzz::pick;
using weir::fuzz::world;

/// The program, byte by byte; 0 when it is over.
class program {
 public:
  program(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}
  [[nodiscard]] bool over() const { return rest_.empty(); }
  unsigned next() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  std::string_view bytes(std::size_t most) {
    const std::string_view part = rest_.substr(0, most);
    rest_.remove_prefix(part.size());
    return part;
  }

 private:
  std::string_view rest_;
};

std::string chunk(std::string_view data) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + std::string(data) + "\r\n";
}

/// A request out of pieces, right or wrong in one or several ways.
std::string request(program& from) {
  using namespace weir::fuzz;
  const unsigned form = from.next();
  const std::string_view body = pick(bodies, from.next());
  std::string out(pick(methods, form >> 5U));
  out += ' ';
  out += pick(targets, from.next());
  out += (form & 16U) != 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  out += "Host: weir\r\n";
  for (unsigned n = form & 3U; n > 0; --n) out += pick(fields, from.next());
  if ((form & 4U) != 0)
    return out + "Transfer-Encoding: chunked\r\n\r\n" + chunk(body) + "0\r\n\r\n";
  if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + std::string(body);
}

std::string answer(program& from) {
  using namespace weir::fuzz;
  const unsigned form = from.next();
  std::string out;
  if ((form & 1U) != 0) out += pick(heads, from.next());
  for (unsigned n = (form >> 1U) & 7U; n > 0; --n) {
    const unsigned which = from.next() % static_cast<unsigned>(parts.size());
    out += which < chunked_parts && (form & 16U) == 0 ? chunk(parts[which])
                                                      : std::string(parts[which]);
  }
  return out;
}

void client_does(world& in, program& from, unsigned what) {
  client* const who = in.some_client(from.next());
  if (who == nullptr) return;
  switch (what) {
    case 0:
      return who->send(request(from));
    case 1:
      return who->send(from.bytes(from.next()));
    case 2: {
      const std::string all = request(from);
      const std::size_t cut = from.next() % (all.size() + 1);
      who->send(std::string_view(all).substr(0, cut));
      in.settle();
      return who->send(std::string_view(all).substr(cut));
    }
    case 3:
      return who->pause(true);
    case 4:
      return who->pause(false);
    case 5:
      return who->end();
    default:
      return who->leave();
  }
}

void upstream_does(world& in, program& from, unsigned what) {
  peer* const who = in.some_peer(from.next());
  if (who == nullptr) return;
  switch (what) {
    case 0:
    case 1:
      return who->send(answer(from));
    case 2:
      return who->send(from.bytes(from.next()));
    case 3:
      return who->end();
    default:
      return who->reset();
  }
}

void world_does(world& in, program& from, unsigned what) {
  static constexpr millis times[] = {millis{1},     millis{20},    millis{250},   millis{2000},
                                     millis{11000}, millis{16000}, millis{61000}, millis{301000}};
  switch (what) {
    case 0:
    case 1:
      return in.let_pass(times[from.next() % std::size(times)]);
    case 2:
      return in.upstreams().fates.push_back(static_cast<network::fate>(from.next() % 3));
    case 3:
      in.upstreams().options.slice = 1 + from.next() * 16UL;
      return;
    case 4:
      return in.reload(from.next());
    case 5:
      return in.announce_end();
    case 6:
      return in.shut_down();
    default:
      return in.end_now();
  }
}

void step(world& in, program& from) {
  const unsigned op = from.next();
  const unsigned what = op & 31U;
  if (what < 3)
    in.enter(what == 0 ? static_cast<std::size_t>(-1) : 1 + from.next());
  else if (what < 14)
    client_does(in, from, std::min(what - 3, 10U) % 7);
  else if (what < 23)
    upstream_does(in, from, (what - 14) % 5);
  else
    world_does(in, from, (what - 23) % 8);
  if ((op & 128U) == 0) in.settle();
}

/// What a stream of events must be, whatever was asked: each one whole, the last one `[DONE]`.
void judge(const client::response& r) {
  constexpr std::string_view done = "data: [DONE]\n\n";
  if (!r.complete) return;
  if (r.status >= 400 && !r.body.empty())
    law(r.type.find("json") != std::string::npos, "an error is JSON", r.body);
  if (r.status == 200 && r.type == "text/event-stream; charset=utf-8")
    law(r.body.ends_with(done), "a stream that ended says so", r.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  world in;
  program from(data, size);
  while (!from.over()) step(in, from);
  in.settle();
  in.finish();
  for (const auto& one : in.clients()) {
    for (const client::response& r : one->responses()) {
      judge(r);
      // A client may give two requests one id of its own.
      if (!r.complete || !r.id.starts_with("req_")) continue;
      const std::size_t kept = in.kept().ids.count(r.id);
      law(r.served ? kept == 1 : kept <= 1, "an exchange is on record once", r.id);
    }
  }
  return 0;
}
