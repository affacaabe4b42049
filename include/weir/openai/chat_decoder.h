#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "weir/json/reader.h"
#include "weir/openai/chat_frame.h"
#include "weir/openai/dialect.h"
#include "weir/openai/repairs.h"

namespace weir::openai {

struct dialect_rules;

/// Turns one JSON document of an upstream into a `chat_frame`, whatever its shape: a chunk of chat
/// or of Completions, a whole answer of either (SSE-11, F29, F30), an error object. The dialect
/// says which of these shapes is regular. Documents that are not strict JSON are mended first
/// (SSE-13).
///
/// Source   contract 3.1, 3.2, 5.1, CHAT-5..7, CHAT-22, CHAT-26, CHAT-35, CMPL-1, SSE-14.
/// Input    A text that starts with a document; what follows it is `rest()` (glued documents, F25).
/// Memory   Spans into the text and a reused index; nothing is allocated once warm, except when a
///          text needs mending.
/// Threads  None.
class chat_decoder {
 public:
  enum class kind : std::uint8_t {
    chunk,       ///< frame() is a chunk
    completion,  ///< a whole answer: frame() for each part in turn, see next_part()
    list,        ///< an array of documents, each for itself: the elements of document()
    error,       ///< an error object (SSE-14): document() is its root
    ignored,     ///< an object that says nothing to us (GEN-10)
    unreadable,  ///< starts like JSON and never becomes it
  };

  /// How a text came.
  enum class framing : std::uint8_t {
    event,  ///< as one of a stream
    alone,  ///< it may be all of the body: the first, and in no event (sse::payload::bare)
  };

  explicit chat_decoder(dialect d = dialect::chat);

  [[nodiscard]] kind decode(std::string_view text, framing how = framing::event);

  [[nodiscard]] const chat_frame& frame() const { return frame_; }
  [[nodiscard]] json::value document() const { return reader_.root(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  /// The document stopped too early (only after `unreadable`).
  [[nodiscard]] bool truncated() const { return truncated_; }

  /// A completion is given as two frames a choice: the message, then the finish with the choice's
  /// unknown members; top-level unknown members and usage ride on the last (SYN-1). Moves to the
  /// next frame; false when there is none. decode() has already moved to the first.
  [[nodiscard]] bool next_part();

  /// A completion that is legal as it stands (contract 3.1).
  [[nodiscard]] bool completion_regular() const { return completion_regular_; }

  [[nodiscard]] const repair_counts& repairs() const { return repairs_; }

 private:
  struct said_members {
    json::value delta;
    json::value message;
    json::value text;
  };

  bool read(std::string_view text);
  [[nodiscard]] std::string_view document_of(std::string_view text) const;
  kind classify(json::value root, framing how);
  [[nodiscard]] bool is_whole(framing how) const;
  void decode_top(json::value root);
  void decode_choice(json::value choice);
  void decode_said(const said_members& said, frame_choice& into);
  void decode_delta(json::value delta, frame_choice& into);
  void add_text(delta_kind what, std::string_view key, json::value val, frame_choice& into);
  void add_part(delta_kind what, std::string_view key, json::value part);
  void add_delta(delta_kind what, std::string_view key, json::value val);
  void add_list(std::string_view key, json::value val, frame_choice& into);
  void add_audio(std::string_view key, json::value val, frame_choice& into);
  void add_extra(json::value key, json::value val);
  void add_vendor(std::string_view key, std::string_view raw);
  bool begin_completion(json::value root);
  [[nodiscard]] bool is_regular(json::value root) const;

  const dialect_rules& dialect_;
  json::reader reader_;
  std::string mended_;
  std::string_view rest_;
  chat_frame frame_;
  repair_counts repairs_;
  json::value error_;
  json::value completion_choices_;
  std::size_t part_ = 0;
  std::size_t parts_ = 0;
  std::size_t first_delta_ = 0;    ///< of the current choice, in the frame's list
  std::size_t first_vendor_ = 0;   ///< of the current object, in the frame's list
  std::uint32_t odd_choices_ = 0;  ///< of the current frame (CHAT-35, CMPL-1)
  bool has_choices_ = false;
  bool doubled_ = false;  ///< an object of the document has two members of one name
  bool truncated_ = false;
  bool ragged_ = false;  ///< as chat_frame::ragged
  bool completion_regular_ = false;
};

}  // namespace weir::openai
