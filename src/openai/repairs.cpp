#include "weir/openai/repairs.h"

namespace weir::openai {

std::string_view clause_name(clause c) {
  switch (c) {
    case clause::sse_7:
      return "SSE-7";
    case clause::sse_10:
      return "SSE-10";
    case clause::sse_11:
      return "SSE-11";
    case clause::sse_12:
      return "SSE-12";
    case clause::sse_13:
      return "SSE-13";
    case clause::sse_15:
      return "SSE-15";
    case clause::chat_1:
      return "CHAT-1";
    case clause::chat_2:
      return "CHAT-2";
    case clause::chat_3:
      return "CHAT-3";
    case clause::chat_4:
      return "CHAT-4";
    case clause::chat_5:
      return "CHAT-5";
    case clause::chat_6:
      return "CHAT-6";
    case clause::chat_7:
      return "CHAT-7";
    case clause::chat_8:
      return "CHAT-8";
    case clause::chat_11:
      return "CHAT-11";
    case clause::chat_12:
      return "CHAT-12";
    case clause::chat_13:
      return "CHAT-13";
    case clause::chat_14:
      return "CHAT-14";
    case clause::chat_15:
      return "CHAT-15";
    case clause::chat_16:
      return "CHAT-16";
    case clause::chat_17:
      return "CHAT-17";
    case clause::chat_18:
      return "CHAT-18";
    case clause::chat_19:
      return "CHAT-19";
    case clause::chat_20:
      return "CHAT-20";
    case clause::chat_22:
      return "CHAT-22";
    case clause::chat_24:
      return "CHAT-24";
    case clause::chat_25:
      return "CHAT-25";
    case clause::chat_26:
      return "CHAT-26";
    case clause::chat_27:
      return "CHAT-27";
    case clause::chat_28:
      return "CHAT-28";
    case clause::chat_29:
      return "CHAT-29";
    case clause::chat_30:
      return "CHAT-30";
    case clause::chat_31:
      return "CHAT-31";
    case clause::chat_32:
      return "CHAT-32";
    case clause::chat_33:
      return "CHAT-33";
    case clause::chat_34:
      return "CHAT-34";
    case clause::chat_35:
      return "CHAT-35";
    case clause::chat_36:
      return "CHAT-36";
    case clause::cmpl_1:
      return "CMPL-1";
    case clause::gen_8:
      return "GEN-8";
    case clause::emb_1:
      return "EMB-1";
    case clause::count_:
      break;
  }
  return {};
}

}  // namespace weir::openai
