include(GoogleTest)

# weft_library(NAME SOURCES ... [DEPENDS ...] [GRPC])
# A static library named NAME. GRPC: it uses gRPC and the protocol.
function(weft_library NAME)
  cmake_parse_arguments(ARG "GRPC" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES})
  target_include_directories(${NAME} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_link_libraries(${NAME} PUBLIC ${ARG_DEPENDS})
  if(ARG_GRPC)
    target_link_libraries(${NAME} PUBLIC weft_proto)
    weft_use_precompiled(${NAME} grpc)
  else()
    weft_use_precompiled(${NAME} base)
  endif()
endfunction()

# weft_program(NAME SOURCES ... [DEPENDS ...] [GRPC] [DESTINATION DIR])
# A program, installed to DIR (default: the libexec folder, where `weft up` looks for services).
function(weft_program NAME)
  cmake_parse_arguments(ARG "GRPC" "DESTINATION" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS})
  target_compile_definitions(${NAME} PRIVATE WEFT_VERSION="${PROJECT_VERSION}")
  if(ARG_GRPC)
    target_link_libraries(${NAME} PRIVATE weft_proto)
    weft_use_precompiled(${NAME} grpc)
  endif()
  if(NOT ARG_DESTINATION)
    set(ARG_DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/weft)
  endif()
  install(TARGETS ${NAME} DESTINATION ${ARG_DESTINATION})
endfunction()

# weft_test(NAME SOURCES ... [DEPENDS ...] [GRPC] [TSAN] [LABEL LABEL] [TIMEOUT SECONDS] [LOCK LOCK])
# A GoogleTest program, one ctest test a case. TSAN: it links neither protobuf nor gRPC and runs under
# ThreadSanitizer in the tsan preset. LOCK: what only one test has at a time, since it takes half of the machine: `engine`
# (a private container engine, in a network of its own) or `cluster` (a Kubernetes).
function(weft_test NAME)
  if(NOT WEFT_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "GRPC;TSAN" "LABEL;TIMEOUT;LOCK" "SOURCES;DEPENDS" ${ARGN})
  if(ARG_TSAN AND ARG_GRPC)
    message(FATAL_ERROR "${NAME}: a test under ThreadSanitizer cannot link the distribution's gRPC")
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${NAME} PRIVATE
    WEFT_SOURCE_DIR="${CMAKE_SOURCE_DIR}" WEFT_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  if(ARG_GRPC)
    target_link_libraries(${NAME} PRIVATE weft_proto)
    weft_use_precompiled(${NAME} grpc_test)
  else()
    weft_use_precompiled(${NAME} test)
  endif()
  if(ARG_TSAN)
    set(ARG_LABEL tsan)
    if(NOT TARGET tsan_tests)
      add_custom_target(tsan_tests)
    endif()
    add_dependencies(tsan_tests ${NAME})
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  set(LOCK "")
  if(ARG_LOCK)
    set(LOCK RESOURCE_LOCK ${ARG_LOCK})
  endif()
  if(ARG_LOCK STREQUAL engine)
    target_link_libraries(${NAME} PRIVATE weft_own_network)
  endif()
  gtest_discover_tests(${NAME} TEST_PREFIX ${NAME}: DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} ${LOCK})
endfunction()

# weft_image(NAME PROGRAM PATH)
# What `weft image import` takes: NAME.tar in the build folder, a tar archive of an image's root file system, which is the
# static PROGRAM as /PATH. Its target is NAME-image.
function(weft_image NAME PROGRAM PATH)
  set(IMAGE ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.tar)
  add_custom_command(OUTPUT ${IMAGE}
    COMMAND tar --create --file=${IMAGE} --owner=0 --group=0 --numeric-owner --mtime=@0
            --transform=s/${PROGRAM}/${PATH}/ --directory=$<TARGET_FILE_DIR:${PROGRAM}> ${PROGRAM}
    DEPENDS ${PROGRAM} VERBATIM)
  add_custom_target(${NAME}-image ALL DEPENDS ${IMAGE})
endfunction()

# weft_embed(TARGET FILE SYMBOL)
# Compiles the text of FILE into TARGET as `inline constexpr char SYMBOL[]`, in the header FILE.h of the build tree.
function(weft_embed TARGET FILE SYMBOL)
  file(RELATIVE_PATH RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${FILE})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${FILE})
  file(READ ${CMAKE_CURRENT_SOURCE_DIR}/${FILE} TEXT)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${RELATIVE}.h @ONLY CONTENT
"#pragma once\ninline constexpr char ${SYMBOL}[] = R\"weft(${TEXT})weft\";\n")
endfunction()

# weft_add_provider(NAME [MORE SOURCES ...])
# A provider from the folder it is called in: NAME.h declares `extern const sdk::Workload k<Name>` (or sdk::Trait, or a
# std::vector<const sdk::Workload*>) in namespace weft::NAME, NAME.cc defines it, schema.json holds the schema of its properties (k<Name>Schema), NAME_test.cc
# its tests. Adds the program weft-provider-NAME with a generated main.
function(weft_add_provider NAME)
  string(REPLACE "_" "-" PROGRAM ${NAME})
  set(CAMEL "")
  string(REPLACE "_" ";" WORDS ${NAME})
  foreach(WORD ${WORDS})
    string(SUBSTRING ${WORD} 0 1 FIRST)
    string(SUBSTRING ${WORD} 1 -1 REST)
    string(TOUPPER ${FIRST} FIRST)
    string(APPEND CAMEL ${FIRST}${REST})
  endforeach()
  file(RELATIVE_PATH FOLDER ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  weft_library(weft_${NAME} SOURCES ${NAME}.cc ${ARGN} DEPENDS weft_sdk)
  weft_embed(weft_${NAME} schema.json k${CAMEL}Schema)
  set(MAIN ${CMAKE_CURRENT_BINARY_DIR}/main.cc)
  file(CONFIGURE OUTPUT ${MAIN} @ONLY CONTENT
"// Generated by weft_add_provider.
#include \"${FOLDER}/${NAME}.h\"
#include \"plugins/sdk/serve.h\"
int main(int argc, char** argv) {
  return weft::sdk::Serve(\"${PROGRAM}\", weft::${NAME}::k${CAMEL}, argc, argv);
}
")
  weft_program(weft-provider-${PROGRAM} SOURCES ${MAIN} DEPENDS weft_${NAME} weft_sdk_serve)
  weft_test(${NAME}_test SOURCES ${NAME}_test.cc DEPENDS weft_${NAME})
endfunction()
