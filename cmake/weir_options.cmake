# Flags every target of the house is compiled with. Warnings are errors.
add_library(weir_options INTERFACE)
target_compile_features(weir_options INTERFACE cxx_std_20)
target_compile_options(weir_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wnon-virtual-dtor -Werror)

if(WEIR_SANITIZE)
  # Global, not on weir_options: every object of a sanitized program has to agree.
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
  if(WEIR_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=all)
  endif()
endif()
