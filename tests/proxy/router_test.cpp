#include "proxy/router.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

struct test_case {
  const char* name;
  std::string_view method;
  std::string_view path;
  service want;
  std::string_view id_or_allow = {};
};

const test_case cases[] = {
    {"chat", "POST", "/v1/chat/completions", service::chat_completions},
    {"a trailing slash is a slip", "POST", "/v1/chat/completions/", service::chat_completions},
    {"completions", "POST", "/v1/completions", service::completions},
    {"completions are not read", "GET", "/v1/completions", service::wrong_method, "POST"},
    {"chat is not read", "GET", "/v1/chat/completions", service::wrong_method, "POST"},
    {"models", "GET", "/v1/models", service::model_list},
    {"models, head", "HEAD", "/v1/models", service::model_list},
    {"models are not posted", "POST", "/v1/models", service::wrong_method, "GET, HEAD"},
    {"the empty id is the list", "GET", "/v1/models/", service::model_list},
    {"one model", "GET", "/v1/models/gpt-5", service::model, "gpt-5"},
    {"ids may hold slashes", "GET", "/v1/models/Qwen/Qwen3-32B", service::model, "Qwen/Qwen3-32B"},
    {"ids are decoded", "GET", "/v1/models/Qwen%2FQwen3%2d32B", service::model, "Qwen/Qwen3-32B"},
    {"a broken escape is no path", "GET", "/v1/models/a%2", service::unknown_path},
    {"a control character is no path", "GET", "/v1/models/a%0d", service::unknown_path},
    {"a model is not deleted", "DELETE", "/v1/models/a", service::wrong_method, "GET, HEAD"},
    {"health", "GET", "/healthz", service::health},
    {"readiness", "HEAD", "/readyz", service::readiness},
    {"metrics", "GET", "/metrics", service::metrics},
    {"metrics are not put", "PUT", "/metrics", service::wrong_method, "GET, HEAD"},
    {"root", "GET", "/", service::unknown_path},
    {"without version", "POST", "/chat/completions", service::unknown_path},
    {"case matters in paths", "GET", "/Healthz", service::unknown_path},
    {"case matters in methods", "post", "/v1/chat/completions", service::wrong_method, "POST"},
    {"a longer path", "POST", "/v1/chat/completions/x", service::unknown_path},
    {"the star of OPTIONS", "OPTIONS", "*", service::unknown_path},
    {"no path", "GET", "", service::unknown_path},
};

TEST(Router, EveryPathAndMethodLeadsWhereTheTableSays) {
  for (const test_case& c : cases) {
    const destination got = find_service(c.method, c.path);
    EXPECT_EQ(c.want, got.what) << c.name;
    EXPECT_EQ(c.id_or_allow, got.what == service::model ? got.model_id : got.allow) << c.name;
  }
}

}  // namespace
}  // namespace weir::proxy
