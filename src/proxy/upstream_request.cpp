#include "proxy/upstream_request.h"

#include <algorithm>
#include <vector>

#include "http/h1_encoder.h"
#include "proxy/way_out.h"
#include "weir/base/version.h"

namespace weir::proxy {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_with_name(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && same_name(text.substr(0, prefix.size()), prefix);
}

/// Fields that say where the message ends: nobody but weir may write them.
bool frames_message(std::string_view name) {
  return http::hop_by_hop(name) || same_name(name, "content-length");
}

void append_query_part(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved = "-._~";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       unreserved.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

std::string target_of(const config::upstream& to, std::string_view path) {
  std::string target =
      target_on_the_way(to.url, to.proxy.in_use(), to.url.base_path + std::string(path));
  char separator = '?';
  for (const auto& [name, value] : to.query) {
    target += separator;
    append_query_part(target, name);
    target += '=';
    append_query_part(target, value);
    separator = '&';
  }
  return target;
}

}  // namespace

std::string upstream_request(const config::upstream& to, const upstream_call& call) {
  const std::string host = host_field(to.url);
  using extent = upstream_call::extent;
  const std::string length =
      std::to_string(call.is == extent::length ? call.length : call.body.size());
  const std::string bearer = to.key.empty() ? "" : "Bearer " + to.key.reveal();

  const std::string proxy_authorization = proxy_authorization_on_the_way(to.url, to.proxy.in_use());
  const std::string agent = "weir/" + std::string(version);

  std::vector<http::field> fields;
  const auto configured = [&](std::string_view name) {
    return std::any_of(to.headers.begin(), to.headers.end(),
                       [&](const auto& header) { return same_name(header.first, name); });
  };
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!configured(name)) fields.push_back({name, value});
  };
  add("Host", host);
  add("User-Agent", agent);
  add("Accept", call.accept);
  add("Accept-Encoding", "identity");
  if (!call.body.empty()) add("Content-Type", call.content_type);
  if (to.key_passthrough && call.client != nullptr) {
    // A key of weir's is nobody else's business (HTTP-4).
    const std::string_view own = call.client->headers.get("authorization");
    if (!own.empty() && !call.withholds_credential &&
        !http::ends_here(call.client->headers, "authorization"))
      add("Authorization", own);
  } else if (!bearer.empty()) {
    add("Authorization", bearer);
  }
  if (call.client != nullptr) {
    for (const http::field& f : call.client->headers) {
      if (http::ends_here(call.client->headers, f.name)) continue;
      if (same_name(f.name, "traceparent") || same_name(f.name, "tracestate") ||
          starts_with_name(f.name, "openai-"))
        add(f.name, f.value);
    }
  }
  for (const auto& [name, value] : to.headers) {
    if (!frames_message(name)) fields.push_back({name, value.reveal()});
  }
  if (!proxy_authorization.empty()) fields.push_back({"Proxy-Authorization", proxy_authorization});
  if (call.is == extent::h1_chunks)
    fields.push_back({"Transfer-Encoding", "chunked"});
  else if (call.method != "GET")
    fields.push_back({"Content-Length", length});

  std::string out;
  out.reserve(1024 + call.body.size());
  // Refused only when configuration holds a value no head can carry; then nothing is sent.
  if (!http::write_request_head(out, call.method, target_of(to, call.path), fields)) return {};
  if (call.is == extent::h1_chunks)
    http::append_chunk(out, call.body);
  else
    out += call.body;
  return out;
}

}  // namespace weir::proxy
