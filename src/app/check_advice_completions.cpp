// The advice on answers of the Completions API. Clients that still read it were not tested.
#include <array>

#include "app/check_advice.h"

namespace weir::app {

namespace {

constexpr std::array table = {
    advice{"completion-envelope", "",
           "Writes what is missing; the first id, time and model hold for the whole answer."},
    advice{"completion-text", "", "Writes what the choice says as text, else an empty one."},
    advice{"completion-chat-member", "",
           "Writes the content as text; thoughts and calls have no place there."},
    advice{"completion-finish", "", "Writes null, or the word that is meant."},
    advice{"completion-after-finish", "",
           "Holds the finish until the next event shows that it was meant."},
    advice{"completion-unfinished", "",
           "Ends with an error event unless there is proof that the answer was whole.",
           "eof_as_stop"},
    advice{"completion-logprobs", "", "Writes the four lists."},
    advice{"completion-index", "",
           "Writes the index of its place; leaves out a choice that nobody asked for."},
    advice{"completion-choices", "",
           "Leaves out what nobody asked for; ends the answer with an error when one is missing."},
    advice{"completion-usage-missing", "", "Leaves the usage chunk out."},
    advice{"completion-usage-unknown", "", "Leaves the usage chunk out."},
    advice{"completion-usage-place", "", "Sends it in a chunk of its own, behind the last finish."},
    advice{"completion-usage-not-asked-for", "", "Leaves it out."},
    advice{"completion-choices-empty", "",
           "Leaves the chunk out; its other members ride on the next one."},
};

}  // namespace

std::span<const advice> advice_on_completions() { return table; }

}  // namespace weir::app
