#include "proxy/metered_usage.h"

namespace weir::proxy {

meter::usage metered(const openai::usage& told) {
  meter::usage out;
  out.input = told.prompt;
  out.cache_read = told.cached;
  out.cache_write_5m = told.cache_write_5m;
  out.cache_write_1h = told.cache_write_1h;
  out.audio_in = told.prompt_audio;
  out.output = told.completion;
  out.reasoning = told.reasoning;
  out.audio_out = told.completion_audio;
  // USE-3: reasoning beside the completion and not within it; the total gives it away.
  const auto beside = told.reasoning.value_or(0);
  if (beside != 0 && told.total && told.prompt && told.completion &&
      *told.total == *told.prompt + *told.completion + beside)
    out.output = *told.completion + beside;
  // More from a cache than there was in all: the cache is beside the prompt.
  if (told.prompt && told.cached.value_or(0) > *told.prompt)
    out.input = *told.prompt + *told.cached;
  // A total that says more than its only part: the other one was left out (embeddings, rankings).
  if (told.total && !out.input && told.completion && *told.total >= *told.completion)
    out.input = *told.total - *told.completion;
  if (told.total && !out.output && told.prompt && *told.total >= *told.prompt)
    out.output = *told.total - *told.prompt;
  meter::clamp(out);
  return out;
}

}  // namespace weir::proxy
