#include "http/message.h"

#include <algorithm>

#include "http/ascii.h"

namespace weir::http {

std::string_view fields::get(std::string_view name) const {
  for (const field& f : list_)
    if (ascii::equal_ignoring_case(f.name, name)) return f.value;
  return {};
}

std::size_t fields::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(list_.begin(), list_.end(), [&](const field& f) {
    return ascii::equal_ignoring_case(f.name, name);
  }));
}

bool fields::has_token(std::string_view name, std::string_view token) const {
  for (const field& f : list_) {
    if (!ascii::equal_ignoring_case(f.name, name)) continue;
    std::string_view rest = f.value;
    for (;;) {
      const std::size_t comma = rest.find(',');
      if (ascii::equal_ignoring_case(ascii::trim_ows(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

std::string_view request_head::path() const { return target.substr(0, target.find('?')); }

std::string_view request_head::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 103:
      return "Early Hints";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 205:
      return "Reset Content";
    case 206:
      return "Partial Content";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 424:
      return "Failed Dependency";
    case 425:
      return "Too Early";
    case 426:
      return "Upgrade Required";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    case 511:
      return "Network Authentication Required";
    default:
      return {};
  }
}

bool hop_by_hop(std::string_view name) {
  constexpr std::string_view names[] = {"connection", "keep-alive",        "te",
                                        "trailer",    "transfer-encoding", "upgrade"};
  constexpr std::string_view proxy = "proxy-";
  return ascii::equal_ignoring_case(name.substr(0, proxy.size()), proxy) ||
         std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view n) { return ascii::equal_ignoring_case(n, name); });
}

bool ends_here(const fields& headers, std::string_view name) {
  return hop_by_hop(name) || headers.has_token("connection", name);
}

}  // namespace weir::http
