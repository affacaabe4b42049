#include "openai/masking.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace weir::openai {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_no_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                    [](char p, char t) { return p == lower(t); });
}

template <class Predicate>
std::size_t run(std::string_view text, Predicate is) {
  std::size_t n = 0;
  while (n < text.size() && is(text[n])) ++n;
  return n;
}

/// What stands at the beginning of a text: `length` bytes of it become `instead`.
struct secret {
  std::size_t length = 0;  ///< 0: nothing to hide here
  std::string instead;
};

constexpr std::string_view upstream_word = "[upstream]";

bool is_token(char c) {
  return is_word(c) || c == '-' || c == '.' || c == '*' || c == '+' || c == '/' || c == '=' ||
         c == '~';
}

/// Bytes of the token at the beginning, without the full stop that ends a sentence.
std::size_t token_length(std::string_view text) {
  std::size_t n = run(text, is_token);
  while (n > 0 && text[n - 1] == '.') --n;
  return n;
}

/// Keys are told by how their vendors begin them.
secret vendor_key(std::string_view text) {
  static constexpr std::array<std::string_view, 14> prefixes = {
      "sk-",    "sk_", "rk_", "gsk_", "xai-",        "AIza", "hf_",
      "nvapi-", "r8_", "fw_", "AKIA", "github_pat_", "ghp_", "eyJ"};
  constexpr std::size_t shortest_key = 8;
  for (const std::string_view prefix : prefixes) {
    if (!text.starts_with(prefix)) continue;
    // A JWT goes on behind its dots; a sentence does not.
    const std::size_t n =
        prefix == "eyJ" ? token_length(text)
                        : run(text, [](char c) { return is_word(c) || c == '-' || c == '*'; });
    if (n < prefix.size() + shortest_key) return {};
    if (text.substr(0, n).find('*') != std::string_view::npos) return {};  // masked already
    return {n, std::string(prefix) + "***"};
  }
  return {};
}

/// `Bearer x`, `Basic x`: unless x is a word of prose (`Bearer auth`, `Bearer YOUR_KEY`).
secret authorization(std::string_view text) {
  static constexpr std::array<std::string_view, 2> schemes = {"bearer ", "basic "};
  constexpr std::size_t longest_word = 20;
  for (const std::string_view scheme : schemes) {
    if (!starts_with_no_case(text, scheme)) continue;
    const std::size_t gap =
        scheme.size() + run(text.substr(scheme.size()), [](char c) { return c == ' '; });
    const std::size_t n = token_length(text.substr(gap));
    const std::string_view token = text.substr(gap, n);
    if (token.find("***") != std::string_view::npos) return {};
    const bool prose = n <= longest_word && std::all_of(token.begin(), token.end(), [](char c) {
                         return is_letter(c) || c == '_';
                       });
    if (n == 0 || prose) return {};
    return {gap + n, std::string(text.substr(0, scheme.size())) + "***"};
  }
  return {};
}

/// A vendor's page for people, as catalogue sentences have them (ERR-1, ERR-24): by its host's
/// first label, and with nothing in it that could be an endpoint or a secret.
bool is_help_link(std::string_view url) {
  static constexpr std::array<std::string_view, 9> labels = {
      "platform.", "docs.", "help.",       "console.",  "support.",
      "status.",   "www.",  "developers.", "dashboard."};
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) return false;
  url.remove_prefix(scheme.size());
  const bool page = std::any_of(labels.begin(), labels.end(),
                                [&](std::string_view label) { return url.starts_with(label); });
  return page && url.find_first_of(":@?") == std::string_view::npos &&
         url.find("/v1") == std::string_view::npos;
}

/// An absolute URL of any scheme a server is reached by.
secret url(std::string_view text) {
  static constexpr std::array<std::string_view, 5> schemes = {"https://", "http://", "wss://",
                                                              "ws://", "grpc://"};
  for (const std::string_view scheme : schemes) {
    if (!starts_with_no_case(text, scheme)) continue;
    std::size_t n = run(text, [](char c) {
      return static_cast<unsigned char>(c) > 0x20 &&
             std::string_view("\"'`<>\\(){}|,").find(c) == std::string_view::npos;
    });
    while (n > 0 && std::string_view(".:;!?").find(text[n - 1]) != std::string_view::npos) --n;
    if (n <= scheme.size() || is_help_link(text.substr(0, n))) return {};
    return {n, std::string(upstream_word)};
  }
  return {};
}

std::size_t port_length(std::string_view text) {
  if (!text.starts_with(':')) return 0;
  const std::size_t digits = run(text.substr(1), is_digit);
  return digits > 0 && digits <= 5 ? 1 + digits : 0;
}

/// `10.0.0.7`, `10.0.0.7:8000`, `localhost:8000`.
secret address(std::string_view text) {
  static constexpr std::string_view local = "localhost";
  if (starts_with_no_case(text, local)) {
    const std::size_t port = port_length(text.substr(local.size()));
    if (port == 0) return {};
    return {local.size() + port, std::string(upstream_word)};
  }
  std::size_t n = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (n >= text.size() || text[n] != '.') return {};
      ++n;
    }
    const std::size_t digits = run(text.substr(n), is_digit);
    if (digits == 0 || digits > 3) return {};
    n += digits;
  }
  if (n < text.size() && is_word(text[n])) return {};
  if (n + 1 < text.size() && text[n] == '.' && is_digit(text[n + 1])) return {};  // 1.2.3.4.5
  return {n + port_length(text.substr(n)), std::string(upstream_word)};
}

secret secret_at(std::string_view text) {
  for (const auto look : {url, vendor_key, authorization, address}) {
    if (secret found = look(text); found.length != 0) return found;
  }
  return {};
}

}  // namespace

std::string masked(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t i = 0;
  while (i < text.size()) {
    // A secret begins where a word begins.
    const char before = i > 0 ? text[i - 1] : ' ';
    const bool inside_word =
        is_word(before) || before == '-' || (before == '.' && is_digit(text[i]));
    if (!inside_word && is_word(text[i])) {
      if (const secret found = secret_at(text.substr(i)); found.length != 0) {
        out += found.instead;
        i += found.length;
        continue;
      }
    }
    out.push_back(text[i]);
    ++i;
  }
  return out;
}

std::string echoed(std::string_view text) {
  constexpr std::size_t longest = 200;
  const std::string_view head = cut_utf8(text, longest);
  return masked(head) + (head.size() < text.size() ? "..." : "");
}

std::string_view cut_utf8(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  std::size_t n = max;
  while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) --n;
  return text.substr(0, n);
}

}  // namespace weir::openai
