# weir::stream, the library for servers and clients of any kind: the layers base, sse, json, coding
# and openai in one archive. And `cmake --install`: the program, the library, the headers, and what
# CMake and pkg-config need to find them (docs/library.md).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# What the archive leaves to be linked; cmake/weir-config.cmake.in and cmake/weir-stream.pc.in find
# the same.
find_package(simdjson REQUIRED)
find_package(ZLIB REQUIRED)
find_package(zstd REQUIRED)

add_library(weir_stream STATIC)
add_library(weir::stream ALIAS weir_stream)
foreach(layer base sse json coding openai)
  target_sources(weir_stream PRIVATE $<TARGET_OBJECTS:weir_${layer}>)
  # An archive is for every linker, not for the LTO of one compiler alone.
  target_compile_options(weir_${layer} PRIVATE
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<BOOL:${CMAKE_INTERPROCEDURAL_OPTIMIZATION}>>:-ffat-lto-objects>)
endforeach()
target_link_libraries(weir_stream PRIVATE simdjson::simdjson ZLIB::ZLIB zstd::libzstd_shared)
target_compile_features(weir_stream PUBLIC cxx_std_20)
target_include_directories(weir_stream INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(weir_stream PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME stream)

install(TARGETS weir RUNTIME)
install(TARGETS weir_stream EXPORT weir-stream ARCHIVE)
foreach(layer base sse json openai)  # the layers with public headers
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/weir/${layer}
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weir FILES_MATCHING PATTERN "*.h")
endforeach()

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/weir)
install(EXPORT weir-stream NAMESPACE weir:: DESTINATION ${package} FILE weir-stream-targets.cmake)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/weir-config.cmake.in weir-config.cmake
  INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change what a major one may later (https://semver.org).
write_basic_package_version_file(weir-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/weir-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/weir-config-version.cmake DESTINATION ${package})

configure_file(${CMAKE_CURRENT_LIST_DIR}/weir-stream.pc.in weir-stream.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/weir-stream.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
