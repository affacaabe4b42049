#pragma once

#include <string>

#include "observe/exchange_record.h"
#include "store/record.h"

namespace weir::app {

/// The record of an exchange as the journal takes it. Views into `of` and into `scratch`, which is
/// overwritten: it takes what has to be spelled out.
[[nodiscard]] store::record kept_record(const observe::exchange_record& of, std::string& scratch);

}  // namespace weir::app
