#pragma once
#include <cstdint>
#include <string>

#include "openai/json_tree.h"

namespace weir::openai {

/// What one choice has said; texts are the insides of JSON strings.
struct folded_choice {
  std::uint32_t index = 0;
  std::string content;
  std::string refusal;
  bool has_content = false;
  bool has_refusal = false;
  json_tree message;  ///< its other members, in order of appearance
  json_tree logprobs;
  json_tree vendor;
  std::string finish;
};

}  // namespace weir::openai
