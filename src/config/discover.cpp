#include "config/discover.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/values.h"

namespace weir::config {
namespace {

struct provider {
  std::string_view name;
  std::string_view key_variable;
  std::string_view url;
  std::string_view url_variable;  ///< "" when the url is fixed
};

constexpr std::array<provider, 8> providers = {{
    {"openai", "OPENAI_API_KEY", "https://api.openai.com/v1", "OPENAI_BASE_URL"},
    {"groq", "GROQ_API_KEY", "https://api.groq.com/openai/v1", ""},
    {"mistral", "MISTRAL_API_KEY", "https://api.mistral.ai/v1", ""},
    {"deepseek", "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1", ""},
    {"openrouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1", ""},
    {"xai", "XAI_API_KEY", "https://api.x.ai/v1", ""},
    {"together", "TOGETHER_API_KEY", "https://api.together.xyz/v1", ""},
    {"gemini", "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai", ""},
}};

struct local_server {
  std::string_view name;
  std::uint16_t port;
};

constexpr std::array<local_server, 4> local_servers = {
    {{"ollama", 11434}, {"lm-studio", 1234}, {"vllm", 8000}, {"llama.cpp", 8080}}};

std::string value_of(const environment& variables, std::string_view name) {
  if (name.empty()) return {};
  return variables(std::string(name)).value_or(std::string());
}

}  // namespace

result<std::vector<upstream>, std::vector<problem>> upstreams_from_environment(
    const environment& variables) {
  std::vector<upstream> found;
  std::vector<problem> problems;
  for (const provider& p : providers) {
    const std::string key = value_of(variables, p.key_variable);
    if (key.empty()) continue;
    if (!std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; }))
      problems.push_back({std::string(p.key_variable), 0, 0,
                          "holds a character that cannot be sent in a header", ""});
    const std::string moved = value_of(variables, p.url_variable);
    auto url = parse_url(moved.empty() ? p.url : std::string_view(moved));
    if (!url) {
      problems.push_back({std::string(p.url_variable), 0, 0, url.error().message, ""});
      continue;
    }
    upstream one;
    one.name = p.name;
    one.url = *url;
    one.key = secret(key);
    found.push_back(std::move(one));
  }
  if (!problems.empty()) return problems;
  return found;
}

std::vector<upstream> local_candidates() {
  std::vector<upstream> out;
  for (const local_server& server : local_servers) {
    upstream one;
    one.name = server.name;
    one.url.host = "127.0.0.1";
    one.url.port = server.port;
    one.url.base_path = "/v1";
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace weir::config
