#include <algorithm>
#include <iterator>
#include <set>

#include "openai/json_tree.h"
#include "openai/logprobs_form.h"

namespace weir::openai {

namespace {

using json::type;

constexpr std::string_view list_names[] = {"tokens", "token_logprobs", "top_logprobs",
                                           "text_offset"};

bool is_list_name(std::string_view key) {
  return std::find(std::begin(list_names), std::end(list_names), key) != std::end(list_names);
}

/// As a client counts them: code points.
std::size_t characters_of(json::value token) {
  const std::string text = token.decoded();
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

/// The tokens of one chunk, in the form of this dialect or as objects, as chat has them (llama.cpp
/// answers so).
class token_list {
 public:
  explicit token_list(json::value logprobs)
      : logprobs_(logprobs), of_chat_(!logprobs["tokens"].is(type::array)) {
    list_ = of_chat_ ? logprobs["content"] : logprobs["tokens"];
  }

  [[nodiscard]] std::size_t size() const { return list_.size(); }
  [[nodiscard]] bool of_chat() const { return of_chat_; }

  /// `write` appends what stands in the list `name` for a token.
  template <class Write>
  void append_list(std::string& out, std::string_view name, Write&& write) const {
    out.append(out.empty() ? "{" : ",").append("\"").append(name).append("\":");
    if (const json::value own = logprobs_[name]; own.is(type::array)) {
      out += own.raw();
      return;
    }
    out += '[';
    bool first = true;
    for (const json::value entry : list_.elements()) {
      if (!first) out += ',';
      first = false;
      write(entry);
    }
    out += ']';
  }

  [[nodiscard]] json::value text_of(json::value entry) const {
    return of_chat_ ? entry["token"] : entry;
  }

  [[nodiscard]] std::size_t characters() const {
    std::size_t sum = 0;
    for (const json::value entry : list_.elements()) sum += characters_of(text_of(entry));
    return sum;
  }

 private:
  json::value logprobs_;
  json::value list_;
  bool of_chat_;
};

void append_or(std::string& out, json::value v, std::string_view otherwise) {
  out += v.given() ? v.raw() : otherwise;
}

/// The alternatives to a token: a map from their texts. Of two with one text the first is the
/// likelier.
void append_alternatives(std::string& out, json::value entry) {
  const json::value list = entry["top_logprobs"];
  if (!list.is(type::array)) {
    out += "null";
    return;
  }
  std::set<std::string_view> seen;
  out += '{';
  for (const json::value other : list.elements()) {
    const json::value text = other["token"];
    if (!text.is(type::string) || !seen.insert(text.raw()).second) continue;
    if (seen.size() > 1) out += ',';
    out.append(text.raw()).append(":");
    append_or(out, other["logprob"], "null");
  }
  out += '}';
}

class completion_form final : public logprobs_form {
 public:
  [[nodiscard]] bool regular(json::value logprobs) const override {
    if (!logprobs.given()) return true;
    if (!logprobs.is(type::object)) return false;
    return std::all_of(std::begin(list_names), std::end(list_names), [&](std::string_view name) {
      // Nobody asked for alternatives: then there need be no list of them.
      return logprobs[name].is(type::array) ||
             (name == "top_logprobs" && logprobs[name].is(type::null));
    });
  }

  [[nodiscard]] std::size_t tokens(json::value logprobs) const override {
    return token_list(logprobs).size();
  }

  [[nodiscard]] std::size_t characters(json::value logprobs) const override {
    return token_list(logprobs).characters();
  }

  /// Lists of the same name one behind the other. Not the generic merge: the alternatives to a
  /// token are a map from texts, of which `index` is one like any other.
  void append(json_tree& into, const json_tree& more) const override {
    into.kind = type::object;
    for (std::size_t i = 0; i < more.names.size(); ++i) {
      const json_tree& list = more.children[i];
      json_tree& known = into.member(more.names[i]);
      if (known.kind == type::array && list.kind == type::array)
        known.children.insert(known.children.end(), list.children.begin(), list.children.end());
      else if (list.kind > type::null || !known.present())
        known = list;
    }
  }

 private:
  void write(std::string& out, json::value logprobs, std::size_t begin) const override {
    const token_list list(logprobs);
    list.append_list(out, "tokens",
                     [&](json::value entry) { append_or(out, list.text_of(entry), "\"\""); });
    list.append_list(out, "token_logprobs",
                     [&](json::value entry) { append_or(out, entry["logprob"], "null"); });
    list.append_list(out, "top_logprobs",
                     [&](json::value entry) { append_alternatives(out, entry); });
    list.append_list(out, "text_offset", [&](json::value entry) {
      out += std::to_string(begin);
      begin += characters_of(list.text_of(entry));
    });
    for (const auto [key, val] : logprobs.members())
      if (!is_list_name(key.decoded()))
        out.append(",").append(key.raw()).append(":").append(val.raw());
    out += '}';
  }
};

}  // namespace

const logprobs_form& completion_logprobs() {
  static const completion_form form;
  return form;
}

}  // namespace weir::openai
