#pragma once
#include <string>

#include "app/check_report.h"
#include "app/terminal.h"

namespace weir::app {

/// The report for people, grouped by probe.
[[nodiscard]] std::string check_as_text(const check_report& report, const text_style& style);

/// The report for programs (docs/check.md): one JSON object on one line.
[[nodiscard]] std::string check_as_json(const check_report& report);

}  // namespace weir::app
