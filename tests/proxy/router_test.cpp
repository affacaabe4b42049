#include "proxy/router.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

struct test_case {
  const char* name;
  std::string_view method;
  std::string_view path;
  service want;
  std::string_view item_or_allow = {};
  std::string_view api = {};
  std::string_view upstream_path = {};
};

const test_case cases[] = {
    {"chat", "POST", "/v1/chat/completions", service::chat_completions, "", "chat",
     "/chat/completions"},
    {"a trailing slash is a slip", "POST", "/v1/chat/completions/", service::chat_completions, "",
     "chat", "/chat/completions"},
    {"completions", "POST", "/v1/completions", service::completions, "", "cmpl", "/completions"},
    {"completions are not read", "GET", "/v1/completions", service::wrong_method, "POST"},
    {"embeddings", "POST", "/v1/embeddings", service::embeddings, "", "emb", "/embeddings"},
    {"embeddings are not read", "GET", "/v1/embeddings", service::wrong_method, "POST"},
    {"moderations", "POST", "/v1/moderations", service::forwarded, "", "moderations",
     "/moderations"},
    {"rerank", "POST", "/v1/rerank/", service::forwarded, "", "rerank", "/rerank"},
    {"rerank without version", "POST", "/rerank", service::unknown_path},
    {"speech", "POST", "/v1/audio/speech", service::forwarded, "", "audio", "/audio/speech"},
    {"images", "POST", "/v1/images/edits", service::forwarded, "", "images", "/images/edits"},
    {"further down", "POST", "/v1/audio/a.b/c_d-e~f/", service::forwarded, "", "audio",
     "/audio/a.b/c_d-e~f"},
    {"audio is not read", "GET", "/v1/audio/voices", service::wrong_method, "POST"},
    {"the top of a tree", "POST", "/v1/audio", service::unknown_path},
    {"the top of a tree, slash", "POST", "/v1/audio/", service::unknown_path},
    {"beside a tree", "POST", "/v1/audios/x", service::unknown_path},
    {"up and away", "POST", "/v1/audio/../admin", service::unknown_path},
    {"here", "POST", "/v1/images/./edits", service::unknown_path},
    {"up at the end", "POST", "/v1/images/..", service::unknown_path},
    {"up, encoded", "POST", "/v1/audio/%2e%2e/admin", service::unknown_path},
    {"a slash, encoded", "POST", "/v1/audio/a%2fb", service::unknown_path},
    {"two slashes", "POST", "/v1/audio//speech", service::unknown_path},
    {"a backslash", "POST", "/v1/audio/..\\admin", service::unknown_path},
    {"a parameter", "POST", "/v1/audio/speech;v=1", service::unknown_path},
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
    {"admin, configuration", "GET", "/admin/v1/config", service::admin_config},
    {"admin, streams", "GET", "/admin/v1/streams/", service::admin_streams},
    {"admin, streams are not posted", "POST", "/admin/v1/streams", service::wrong_method,
     "GET, HEAD"},
    {"admin, one stream", "DELETE", "/admin/v1/streams/req%5F1", service::admin_stream, "req_1"},
    {"admin, one stream is not read", "GET", "/admin/v1/streams/x", service::wrong_method,
     "DELETE"},
    {"admin, a broken escape", "DELETE", "/admin/v1/streams/%0", service::unknown_path},
    {"admin, usage", "GET", "/admin/v1/usage", service::admin_usage},
    {"admin, keys", "GET", "/admin/v1/keys", service::admin_keys},
    {"admin, another key", "POST", "/admin/v1/keys/", service::admin_keys},
    {"admin, keys are not put", "PUT", "/admin/v1/keys", service::wrong_method, "GET, HEAD, POST"},
    {"admin, one key", "DELETE", "/admin/v1/keys/alice", service::admin_key, "alice"},
    {"admin, one key is not read", "GET", "/admin/v1/keys/alice", service::wrong_method, "DELETE"},
    {"admin, groups", "GET", "/admin/v1/groups", service::admin_groups},
    {"admin, groups are not posted", "POST", "/admin/v1/groups", service::wrong_method,
     "GET, HEAD"},
    {"admin, one group", "PUT", "/admin/v1/groups/red", service::admin_group, "red"},
    {"admin, no group any more", "DELETE", "/admin/v1/groups/red", service::admin_group, "red"},
    {"admin, one group is not read", "GET", "/admin/v1/groups/red", service::wrong_method,
     "PUT, DELETE"},
    {"a key's own usage", "GET", "/v1/usage", service::own_usage},
    {"usage is not posted", "POST", "/v1/usage", service::wrong_method, "GET, HEAD"},
    {"admin, something else", "GET", "/admin/v1/else", service::unknown_path},
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
    EXPECT_EQ(c.item_or_allow, got.what == service::wrong_method ? got.allow : got.item) << c.name;
    EXPECT_EQ(c.api, got.api) << c.name;
    EXPECT_EQ(c.upstream_path, got.upstream_path) << c.name;
  }
}

}  // namespace
}  // namespace weir::proxy
