#include "json/member_catcher.h"

#include <utility>

#include "json/string_scan.h"

namespace weir::json {

void member_catcher::feed(std::string_view piece) {
  while (!piece.empty()) {
    const bool text = in_string_;
    const std::size_t size = text ? string_run(piece) : 1;
    if (text)
      keep(piece.substr(0, size));
    else
      structure(piece.front());
    piece.remove_prefix(size);
  }
}

/// Length of the next part of the string that `piece` goes on with; its last part is the quote.
std::size_t member_catcher::string_run(std::string_view piece) {
  if (std::exchange(escaped_, false)) return 1;
  const char* const stop = scan_string(piece.data(), piece.data() + piece.size()).stop;
  if (stop != piece.data()) return static_cast<std::size_t>(stop - piece.data());
  escaped_ = piece.front() == '\\';
  in_string_ = piece.front() != '"';
  return 1;
}

void member_catcher::structure(char c) {
  const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
  if (space && depth_ <= 1) return;
  const bool between_members = depth_ == 1 && place_ != place::elsewhere;
  if (c == '"') in_string_ = true;
  if (c == '{' || c == '[') ++depth_;
  if ((c == '}' || c == ']') && depth_ > 0) --depth_;

  if (c == '{' && depth_ == 1) {
    begin_member();
  } else if (between_members && c == ':' && place_ == place::key) {
    place_ = place::value;
    wanted_ = name_ == key_;
  } else if (between_members && (c == ',' || depth_ == 0)) {
    if (place_ == place::value && wanted_) caught_ = std::move(value_);
    begin_member();
    if (depth_ == 0) place_ = place::elsewhere;
  } else {
    keep({&c, 1});
  }
}

void member_catcher::begin_member() {
  place_ = place::key;
  wanted_ = false;
  name_.clear();
  value_.clear();
}

void member_catcher::keep(std::string_view part) {
  if (place_ == place::key && name_.size() <= key_.size()) {
    name_ += part.substr(0, key_.size() + 1);
  } else if (place_ == place::value && wanted_) {
    value_ += part.substr(0, max_bytes_ + 1);
    wanted_ = value_.size() <= max_bytes_;
  }
}

void member_catcher::reset() {
  begin_member();
  place_ = place::elsewhere;
  depth_ = 0;
  in_string_ = escaped_ = false;
  caught_.clear();
}

}  // namespace weir::json
