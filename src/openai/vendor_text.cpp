#include "openai/vendor_text.h"

#include "weir/base/limits.h"
#include "weir/json/mend.h"
#include "weir/json/writer.h"

namespace weir::openai {

bool same_name(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const bool escaped = a.find('\\') != a.npos || b.find('\\') != b.npos;
  return escaped && json::unescaped(a) == json::unescaped(b);
}

std::string_view whole_characters(std::string_view raw, std::string& room) {
  if (raw.find("\\ud") == std::string_view::npos && raw.find("\\uD") == std::string_view::npos)
    return raw;
  room = json::mend(raw).text;
  return room.empty() ? raw : std::string_view(room);
}

std::string_view vendor_text::name_of(const member& m) const {
  return std::string_view(text_).substr(m.begin + 2, m.name_length);
}

void vendor_text::remove(std::size_t i) {
  const std::size_t begin = members_[i].begin;
  const std::size_t length = members_[i].end - begin;
  text_.erase(begin, length);
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
  for (; i < members_.size(); ++i) {
    members_[i].begin -= length;
    members_[i].end -= length;
  }
}

void vendor_text::add(std::string_view name, std::string_view raw) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (!same_name(name_of(members_[i]), name)) continue;
    remove(i);
    break;
  }
  const std::size_t begin = text_.size();
  text_ += ",\"";
  text_ += name;
  text_ += "\":";
  std::string room;
  text_ += whole_characters(raw, room);
  members_.push_back({begin, name.size(), text_.size()});
}

void vendor_text::add_bounded(std::string_view name, std::string_view raw) {
  const bool full = text_.size() + name.size() + raw.size() > limits::max_held_bytes ||
                    members_.size() == limits::max_vendor_members;
  if (empty() || !full) add(name, raw);
}

void vendor_text::add(const vendor_text& more) {
  for (const member& m : more.members_) {
    const std::size_t value = m.begin + 2 + m.name_length + 2;
    add(more.name_of(m), std::string_view(more.text_).substr(value, m.end - value));
  }
}

void vendor_text::clear() {
  text_.clear();
  members_.clear();
}

}  // namespace weir::openai
