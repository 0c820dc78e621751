# How everything is compiled: warnings as errors, the sanitizers of the preset, ccache where it is installed.
add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers)
# GNU ld takes five times as long.
add_link_options(-fuse-ld=lld)
# Debug information for stack traces only: full debug information of gRPC's templates doubles the build's time.
add_compile_options($<$<CONFIG:Debug>:-g1>)

if(WEFT_SANITIZER STREQUAL "address")
  # A program that moves in memory is a quarter larger, for relocations of what the sanitizers note down, and starts later.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -fno-pie)
  add_link_options(-fsanitize=address,undefined -no-pie)
elseif(WEFT_SANITIZER STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  # ThreadSanitizer knows no fences; Boost.Asio's are for handlers that move between threads, and no io_context of
  # ours is run by two.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
  add_link_options(-fsanitize=thread)
elseif(WEFT_SANITIZER STREQUAL "fuzzer")
  # The targets of tests/fuzz, and nothing else, link libFuzzer itself.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(WEFT_SANITIZER)
  message(FATAL_ERROR "WEFT_SANITIZER is '${WEFT_SANITIZER}'; expected empty, address, thread or fuzzer")
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers are cached only with these: ccache's manual, "Precompiled headers".
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
# Libraries ask for it of some targets, and what shares a precompiled header must be compiled alike.
add_compile_options(-pthread)
