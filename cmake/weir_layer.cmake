# weir_layer(NAME [USES layer...] [LINKS library...])
#
# One static library per layer, `weir_NAME` (alias weir::NAME), from the .cpp files of src/NAME.
# USES are the layers whose headers this layer may include (kept in step with
# tests/repo/layers.txt); LINKS are third-party libraries, private to the layer.
function(weir_layer name)
  cmake_parse_arguments(arg "" "" "USES;LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")  # the program's, not the library's
  if(sources)
    add_library(weir_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(weir_${name} PRIVATE weir_options ${arg_LINKS})
    weir_use_precompiled(weir_${name} weir_precompiled)
  else()
    add_library(weir_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(weir::${name} ALIAS weir_${name})
  set_property(GLOBAL APPEND PROPERTY WEIR_LAYERS ${name})
  target_include_directories(weir_${name} ${scope}
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  foreach(used IN LISTS arg_USES)
    target_link_libraries(weir_${name} ${scope} weir_${used})
  endforeach()
endfunction()
