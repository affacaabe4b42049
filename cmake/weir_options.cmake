# Flags every target of the house is compiled with. Warnings are errors.
add_library(weir_options INTERFACE)
target_compile_features(weir_options INTERFACE cxx_std_20)
target_compile_options(weir_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wnon-virtual-dtor -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: false alarm in `"literal" + std::string` above -O1.
  target_compile_options(weir_options INTERFACE -Wno-restrict)
endif()

# Global, not on weir_options: every object of a sanitized program has to agree.
if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
  if(WEIR_SANITIZE MATCHES "undefined")
    # The vptr check reads memory through a pipe of its own: a false alarm in the test that runs out
    # of file descriptors on purpose.
    add_compile_options(-fno-sanitize=vptr)
    add_compile_options(-fno-sanitize-recover=all)
  endif()
endif()
if(WEIR_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "WEIR_FUZZ needs clang (cmake --workflow --preset fuzz)")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage of the layers, not of the fuzzer alone
endif()

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without this ccache takes every use of a precompiled header for a miss.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${WEIR_CCACHE})
endif()

# Some libraries ask for it, and all objects that share a precompiled header have to agree.
add_compile_options(-pthread)

# weir_precompile(NAME [LINKS target...] HEADERS <header>...)
#
# The standard and test headers nearly every file reads, parsed once: a library `NAME` whose
# precompiled header others take with weir_use_precompiled(target NAME). It never holds a header of
# ours. Off (WEIR_PRECOMPILE, the clang preset), every file has to include what it uses by itself.
option(WEIR_PRECOMPILE "Precompile the standard headers" ON)
function(weir_precompile name)
  cmake_parse_arguments(arg "" "" "LINKS;HEADERS" ${ARGN})
  if(NOT WEIR_PRECOMPILE)
    return()
  endif()
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp "// Holds a precompiled header.\n")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE weir_options ${arg_LINKS})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()
function(weir_use_precompiled target from)
  if(WEIR_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()

# One link at a time: a sanitized or link-time optimised program takes much memory, and compiling
# keeps the other cores busy meanwhile.
set_property(GLOBAL PROPERTY JOB_POOLS weir_link=1)
set(CMAKE_JOB_POOL_LINK weir_link)
