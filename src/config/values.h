#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.h"
#include "meter/nano_usd.h"
#include "weir/base/result.h"
#include "weir/base/units.h"

namespace weir::config {

/// `http://host[:port][/base]`, `https://...` or `unix:/socket[:/base]`. An empty path becomes
/// `/v1`, a bare `/` is the root. Credentials, query and fragment are refused with a sentence that
/// says where they belong. No message repeats the text: it may hold a secret.
[[nodiscard]] result<upstream_url> parse_url(std::string_view text);

/// `HOST:PORT`, `[::1]:4000`, `HOST`, `:4000` or `4000`. What is left out is the default:
/// 127.0.0.1, port 4000. Port 0 is any free port. `unix:PATH` is a Unix socket.
[[nodiscard]] result<listen_address> parse_listen(std::string_view text);

/// `500ms`, `5s`, `2m`, `1h`: a whole number and a unit, from 1ms to limits::max_configured_time.
[[nodiscard]] result<millis> parse_duration(std::string_view text);

/// A name of an upstream, a client or a group: up to 64 letters, digits, '.', '_' and '-', first a
/// letter or digit.
[[nodiscard]] bool is_plain_name(std::string_view name);
/// Of a tag (`x-weir-tags`) or a label: letters, digits, '.', '_' and '-'; visible ASCII without
/// commas. At most limits::max_tag_bytes.
[[nodiscard]] bool is_tag_name(std::string_view text);
[[nodiscard]] bool is_tag_value(std::string_view text);

/// `2026-11-27`, of seconds since the Unix epoch.
[[nodiscard]] std::string day_text(std::int64_t time);
/// `2026-11-27`, a day in UTC from 1970 on.
[[nodiscard]] result<std::chrono::sys_days> parse_day(std::string_view text);

/// `12.5`: USD, with up to nine decimals, at most limits::max_configured_usd.
[[nodiscard]] result<meter::nano_usd> parse_usd(std::string_view text);

/// `512B`, `64KiB`, `8MiB`, `1GiB`: a whole number and a unit, in bytes.
[[nodiscard]] result<std::uint64_t> parse_size(std::string_view text);
/// As it parses back, with the largest unit that fits.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// The same values as text that parses back to them.
[[nodiscard]] std::string to_text(const upstream_url& url);
[[nodiscard]] std::string to_text(const listen_address& address);
[[nodiscard]] std::string to_text(millis time);

/// Whether `host` (a name or an address without brackets) is this machine and nobody else.
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace weir::config
