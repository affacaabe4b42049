#include "weir/base/version.h"

namespace weir {

static_assert(version == WEIR_PROJECT_VERSION, "version.h and CMakeLists.txt must agree");

}  // namespace weir
