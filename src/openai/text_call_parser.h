#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "openai/json_tree.h"
#include "openai/offered_tools.h"
#include "weir/json/reader.h"
#include "weir/sse/json_extent.h"

namespace weir::openai {

/// One call that a text held.
struct text_call {
  std::string name;
  std::string arguments;  ///< an object as compact JSON
};

/// Where in a text calls may begin.
struct call_opening {
  std::size_t at = 0;  ///< text.size(): nowhere
  bool whole = false;  ///< false: the text ends in what may become an opening
};
/// Looks from the byte `from` on.
[[nodiscard]] call_opening find_call_opening(std::string_view text, std::size_t from);

/// Reads the ways in which models write calls into their text when their server does not parse
/// them (K29):
///
///   <tool_call>{"name":N,"arguments":{...}}</tool_call>                             Hermes, Qwen
///   <tool_call><function=N><parameter=P>V</parameter>...</function></tool_call>     Qwen Coder
///   <function=N>{...}</function>, <function=N><parameter=P>V</parameter>...</function>
///   [TOOL_CALLS][{"name":N,"arguments":{...}},...]                                  Mistral
///   [TOOL_CALLS]N{...}, [TOOL_CALLS]N[CALL_ID]I[ARGS]{...}                          Mistral
///   <:DSML:function_calls><:DSML:invoke name="N"><:DSML:parameter name="P" string="true">V
///     </:DSML:parameter>...</:DSML:invoke>...</:DSML:function_calls>, U+FF5C for :  DeepSeek
///
/// Space may stand between the parts. A value V is what its parameter was declared as; where that
/// is not known, it is JSON if it can be read as any that is no string, else a text.
///
/// Input    A text that starts with an opening, and the same text again when there is more of it.
/// Errors   `wrong` at the first part that no form allows: what stands before end() is just text.
/// Memory   The calls of one block, at most limits::max_tool_calls.
/// Cost     Every byte is searched once, however often the text comes.
class text_call_parser {
 public:
  enum class status : std::uint8_t { open, wrong, complete };

  explicit text_call_parser(offered_tools& tools) : tools_(tools) {}

  /// Begins with another text.
  void start();
  [[nodiscard]] status read(std::string_view text);
  /// Behind the calls, or the place that is wrong.
  [[nodiscard]] std::size_t end() const { return at_; }
  [[nodiscard]] const std::vector<text_call>& calls() const { return calls_; }

 private:
  /// What comes next, in the order of the forms above.
  enum class step : std::uint8_t {
    opening,
    block,        // an object, a call, or the end of the block
    name,         // of a function
    arguments,    // an object, a parameter, or the end of the call
    end_of_call,  // behind an object
    parameter,    // its name
    value,
    list,         // Mistral's list, or else a name
    listed_name,  // then its marks and the object
    listed_id,
    listed_arguments,
    end,
  };
  enum class outcome : std::uint8_t { done, more, wrong };

  [[nodiscard]] outcome take_step();
  [[nodiscard]] outcome read_opening();
  [[nodiscard]] outcome read_block();
  [[nodiscard]] outcome read_function_name(std::string_view suffix, step next);
  [[nodiscard]] outcome read_arguments();
  [[nodiscard]] outcome read_parameter();
  [[nodiscard]] outcome read_value();
  [[nodiscard]] outcome read_list();
  [[nodiscard]] outcome read_listed_arguments();

  // Parts. Each moves behind the part when it is there, else it stays where it is.
  [[nodiscard]] outcome word(std::string_view expected, step next);
  [[nodiscard]] outcome name(std::string_view suffix, step next);
  [[nodiscard]] outcome json();
  [[nodiscard]] std::string_view after_space();
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  [[nodiscard]] outcome add_object(json::value object);
  [[nodiscard]] outcome add_call(std::string_view function, const json_tree& arguments);
  [[nodiscard]] outcome end_call();

  struct form;
  static const form forms[];
  friend call_opening find_call_opening(std::string_view text, std::size_t from);

  offered_tools& tools_;
  std::string_view text_;
  std::size_t at_ = 0;        // of the part that comes next
  std::size_t searched_ = 0;  // bytes of that part in which its end was looked for
  sse::json_extent extent_;   // of those bytes
  json::reader reader_;       // of the JSON behind which `at_` stands
  std::string mended_;
  const form* form_ = nullptr;
  step step_ = step::opening;
  std::string name_;  // the last one read
  std::string function_;
  offered_tools::declared declared_ = offered_tools::declared::unknown;
  json_tree arguments_;
  std::vector<text_call> calls_;
};

}  // namespace weir::openai
