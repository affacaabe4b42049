#include "openai/json_tree.h"

#include <algorithm>
#include <array>

namespace weir::openai {

namespace {

constexpr std::array<std::string_view, 6> replaced_members = {"index",  "type",      "id",
                                                              "format", "signature", "name"};

bool replaced(std::string_view key) {
  return std::find(replaced_members.begin(), replaced_members.end(), key) != replaced_members.end();
}

bool empty_scalar(const json_tree& t) {
  return t.kind <= json::type::null || (t.kind == json::type::string && t.scalar.empty());
}

/// The `index` of an array element, "" when it has none.
std::string_view index_of(json_tree& element) {
  json_tree* index = element.find("index");
  return index != nullptr && index->kind == json::type::number ? std::string_view(index->scalar)
                                                               : std::string_view{};
}

void merge_elements(json_tree& into, const json_tree& delta) {
  for (json_tree element : delta.children) {
    const std::string_view index = index_of(element);
    json_tree* same = nullptr;
    if (!index.empty())
      for (json_tree& candidate : into.children)
        if (index_of(candidate) == index) same = &candidate;
    if (same != nullptr)
      merge(*same, element);
    else
      into.children.push_back(std::move(element));
  }
}

}  // namespace

json_tree json_tree::of(json::value from) {
  json_tree out;
  out.kind = from.kind();
  switch (from.kind()) {
    case json::type::object:
      for (const auto [key, val] : from.members()) {
        out.names.emplace_back(key.text());
        out.children.push_back(of(val));
      }
      break;
    case json::type::array:
      for (const json::value element : from.elements()) out.children.push_back(of(element));
      break;
    case json::type::string:
      out.scalar = from.text();
      break;
    default:
      out.scalar = from.raw();
  }
  return out;
}

json_tree* json_tree::find(std::string_view key) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == key) return &children[i];
  return nullptr;
}

json_tree& json_tree::member(std::string_view key) {
  if (json_tree* there = find(key)) return *there;
  kind = json::type::object;
  names.emplace_back(key);
  return children.emplace_back();
}

void json_tree::erase(std::string_view key) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != key) continue;
    names.erase(names.begin() + static_cast<std::ptrdiff_t>(i));
    children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

void json_tree::append_members_to(std::string& out, bool first) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!children[i].present()) continue;
    if (!first) out += ',';
    first = false;
    out += '"';
    out += names[i];
    out += "\":";
    children[i].append_to(out);
  }
}

void json_tree::append_to(std::string& out) const {
  switch (kind) {
    case json::type::absent:
      out += "null";
      break;
    case json::type::string:
      out += '"';
      out += scalar;
      out += '"';
      break;
    case json::type::object:
      out += '{';
      append_members_to(out, true);
      out += '}';
      break;
    case json::type::array:
      out += '[';
      for (std::size_t i = 0; i < children.size(); ++i) {
        if (i != 0) out += ',';
        children[i].append_to(out);
      }
      out += ']';
      break;
    default:
      out += scalar;
  }
}

void merge(json_tree& into, const json_tree& delta) {
  if (delta.kind <= json::type::null && into.present()) return;
  if (into.kind != delta.kind) {
    into = delta;
    return;
  }
  switch (into.kind) {
    case json::type::string:
      into.scalar += delta.scalar;
      break;
    case json::type::object:
      for (std::size_t i = 0; i < delta.names.size(); ++i) {
        const json_tree& val = delta.children[i];
        json_tree& member = into.member(delta.names[i]);
        if (!replaced(delta.names[i]))
          merge(member, val);
        else if (!empty_scalar(val) || !member.present())
          member = val;
      }
      break;
    case json::type::array:
      merge_elements(into, delta);
      break;
    default:
      into = delta;
  }
}

}  // namespace weir::openai
