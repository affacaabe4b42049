#include "openai/error_class.h"

#include <array>
#include <string>

namespace weir::openai {
namespace {

constexpr std::string_view client_fault = "invalid_request_error";

constexpr error_class invalid_request{400, client_fault, "", "invalid_request"};
constexpr error_class context_length{400, client_fault, "context_length_exceeded",
                                     "context_length"};
constexpr error_class authentication{401, client_fault, "invalid_api_key", "authentication"};
constexpr error_class quota{429, "insufficient_quota", "insufficient_quota", "quota"};
constexpr error_class permission{403, client_fault, "", "permission"};
constexpr error_class not_found{404, client_fault, "", "not_found"};
constexpr error_class no_model{404, client_fault, "model_not_found", "not_found"};
constexpr error_class conflict{409, client_fault, "", "conflict"};
constexpr error_class too_large{413, client_fault, "request_too_large", "too_large"};
constexpr error_class rate_limit{429, "requests", "rate_limit_exceeded", "rate_limit"};
constexpr error_class server{500, "server_error", "", "server"};
constexpr error_class upstream{502, "server_error", "upstream_error", "upstream_error"};
constexpr error_class overloaded{503, "server_error", "engine_overloaded", "overloaded"};
constexpr error_class timeout{504, "server_error", "upstream_timeout", "upstream_timeout"};

struct word_class {
  std::string_view part;
  const error_class& what;
};

/// A word belongs to the first row of which it contains the part, in small letters and with `_`
/// for everything that is neither letter nor digit. Vendors vary the ends (`_error`, `_exceeded`,
/// `Exception`), never the middle.
constexpr std::array<word_class, 50> words = {{
    {"context_length", context_length},
    {"contextlength", context_length},
    {"context_window", context_length},
    {"contextwindow", context_length},
    {"string_too_long", context_length},
    {"insufficient_quota", quota},
    {"quota", quota},
    {"billing", quota},
    {"insufficient_balance", quota},
    {"insufficient_credits", quota},
    {"payment", quota},
    {"arrearage", quota},
    {"rate_limit", rate_limit},
    {"ratelimit", rate_limit},
    {"too_many_requests", rate_limit},
    {"toomanyrequests", rate_limit},
    {"resource_exhausted", rate_limit},
    {"throttl", rate_limit},
    {"api_key", authentication},
    {"apikey", authentication},
    {"authentication", authentication},
    {"unauthenticated", authentication},
    {"unauthorized", authentication},
    {"permission", permission},
    {"forbidden", permission},
    {"access_denied", permission},
    {"accessdenied", permission},
    {"model_not_found", no_model},
    {"not_found", not_found},
    {"notfound", not_found},
    {"already_exists", conflict},
    {"conflict", conflict},
    {"aborted", conflict},
    {"too_large", too_large},
    {"toolarge", too_large},
    {"overloaded", overloaded},
    {"unavailable", overloaded},
    {"timeout", timeout},
    {"timed_out", timeout},
    {"deadline_exceeded", timeout},
    {"invalid", invalid_request},
    {"bad_request", invalid_request},
    {"badrequest", invalid_request},
    {"validation", invalid_request},
    {"unprocessable", invalid_request},
    {"failed_precondition", invalid_request},
    {"out_of_range", invalid_request},
    {"server_error", server},
    {"servererror", server},
    {"internal", server},
}};

std::string plain(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (c >= 'A' && c <= 'Z') {
      out.push_back(static_cast<char>(c - 'A' + 'a'));
    } else {
      out.push_back((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_');
    }
  }
  return out;
}

}  // namespace

std::optional<error_class> class_of_word(std::string_view word) {
  constexpr std::size_t longest_word = 80;  // longer is a sentence, and sentences name anything
  if (word.empty() || word.size() > longest_word) return std::nullopt;
  const std::string key = plain(word);
  // Types of OpenAI's rate limits, and Anthropic's word for a server fault: too short to be parts.
  if (key == "requests" || key == "tokens") return rate_limit;
  if (key == "api_error" || key == "unknown") return server;
  if (key == "upstream_error") return upstream;
  for (const word_class& w : words) {
    if (key.find(w.part) != std::string::npos) return w.what;
  }
  return std::nullopt;
}

error_class class_of_status(unsigned status) {
  switch (status) {
    case 401:
      return authentication;
    case 402:
      return quota;
    case 403:
      return permission;
    case 404:
      return not_found;
    case 408:
      return timeout;
    case 409:
      return conflict;
    case 413:
      return too_large;
    case 429:
      return rate_limit;
    case 502:
      return upstream;
    case 503:
    case 529:
      return overloaded;
    case 504:
      return timeout;
    default:
      return status >= 500 ? server : invalid_request;
  }
}

std::string_view sentence_of(const error_class& c) {
  if (c.category == upstream.category) return "Upstream request failed.";
  if (c.category == overloaded.category) {
    return "The engine is currently overloaded, please try again later";
  }
  if (c.category == timeout.category) return "Upstream timed out.";
  if (c.category == server.category) {
    return "The server had an error while processing your request. Sorry about that!";
  }
  return "The upstream refused the request.";
}

}  // namespace weir::openai
