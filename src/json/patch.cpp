#include "weir/json/patch.h"

#include <algorithm>
#include <cassert>

#include "weir/json/writer.h"

namespace weir::json {

std::size_t patch::offset(value v) const {
  const std::string_view raw = v.raw();
  assert(raw.data() >= text_.data() && raw.data() + raw.size() <= text_.data() + text_.size());
  return static_cast<std::size_t>(raw.data() - text_.data());
}

patch::object_edit& patch::edit_of(value object) {
  assert(object.is(type::object));
  const std::size_t begin = offset(object);
  for (object_edit& known : objects_) {
    if (known.begin == begin) return known;
  }
  object_edit fresh{begin, {}, {}};
  for (const value::member m : object.members()) {
    fresh.members.push_back(
        {m.key.decoded(), offset(m.key), offset(m.val) + m.val.raw().size(), false});
  }
  objects_.push_back(std::move(fresh));
  return objects_.back();
}

void patch::replace(value old, std::string_view json) {
  assert(old.present());
  const std::size_t begin = offset(old);
  const std::size_t end = begin + old.raw().size();
  for (edit& known : replaced_) {
    if (known.begin == begin && known.end == end) {
      known.text = json;
      return;
    }
  }
  replaced_.push_back({begin, end, std::string(json)});
}

void patch::insert(value object, std::string_view key, std::string_view json) {
  edit_of(object).added.push_back({std::string(key), std::string(json)});
}

void patch::remove(value object, std::string_view key) {
  object_edit& list = edit_of(object);
  for (member_span& m : list.members) {
    if (m.key == key) m.removed = true;
  }
  std::erase_if(list.added, [&](const added_member& a) { return a.key == key; });
}

void patch::set(value object, std::string_view key, std::string_view json) {
  remove(object, key);
  object_edit& list = edit_of(object);
  const auto last = std::find_if(list.members.rbegin(), list.members.rend(),
                                 [&](const member_span& m) { return m.key == key; });
  if (last == list.members.rend()) {
    list.added.push_back({std::string(key), std::string(json)});
    return;
  }
  last->removed = false;
  replace(object[key], json);
}

/// Every removed member takes one comma with it: the one before it if any member in front of it
/// stays, else the one behind it.
std::vector<patch::edit> patch::member_edits(const object_edit& object) {
  std::vector<edit> edits;
  std::size_t place = object.begin + 1;  // where members are added: behind the last that stays
  bool any_stays = false;
  for (std::size_t i = 0; i < object.members.size(); ++i) {
    const member_span& m = object.members[i];
    if (!m.removed) {
      any_stays = true;
      place = m.end;
    } else if (any_stays) {
      edits.push_back({object.members[i - 1].end, m.end, {}});
    } else if (i + 1 < object.members.size()) {
      edits.push_back({m.begin, object.members[i + 1].begin, {}});
    } else {
      edits.push_back({m.begin, m.end, {}});
    }
  }
  std::string text;
  for (const added_member& a : object.added) {
    if (any_stays || !text.empty()) text.push_back(',');
    append_string(text, a.key);
    text.push_back(':');
    text += a.json;
  }
  if (!text.empty()) edits.push_back({place, place, std::move(text)});
  return edits;
}

std::string patch::apply() const {
  std::vector<edit> edits = replaced_;
  for (const object_edit& object : objects_) {
    for (edit& e : member_edits(object)) edits.push_back(std::move(e));
  }
  // What encloses comes before what it encloses, so that the loop below drops the inner edits. At
  // one place an addition (which has no length) goes before the removal that starts there.
  std::stable_sort(edits.begin(), edits.end(), [](const edit& a, const edit& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    if ((a.begin == a.end) != (b.begin == b.end)) return a.begin == a.end;
    return a.end > b.end;
  });
  std::string out;
  out.reserve(text_.size() + 64);
  std::size_t done = 0;
  for (const edit& e : edits) {
    if (e.begin < done) continue;
    out += text_.substr(done, e.begin - done);
    out += e.text;
    done = e.end;
  }
  out += text_.substr(done);
  return out;
}

}  // namespace weir::json
