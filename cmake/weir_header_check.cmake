# weir_header_check(TARGET LIBRARY BASE header...)
#
# An object library with one translation unit per header, which includes it twice and nothing else:
# it compiles when each header stands alone. The headers are named relative to BASE, an include
# directory of LIBRARY.
function(weir_header_check target library base)
  set(sources)
  foreach(header IN LISTS ARGN)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}/${header}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT
      "#include \"${header}\"\n#include \"${header}\"  // NOLINT: that is the point\n" @ONLY)
    list(APPEND sources ${source})
  endforeach()
  add_library(${target} OBJECT ${sources})
  target_include_directories(${target} PRIVATE ${base})
  target_link_libraries(${target} PRIVATE ${library})
endfunction()
