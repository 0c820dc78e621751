# Headers that many sources share, parsed once for each kind of target: base, grpc (with what is generated from the
# .proto files), and the same for tests.
set(STANDARD <algorithm> <filesystem> <functional> <map> <memory> <mutex> <optional> <set> <string> <thread> <vector>)
set(BASE ${STANDARD} <absl/status/statusor.h> <absl/strings/str_cat.h> <absl/strings/str_join.h> <absl/time/clock.h>
  <boost/json.hpp> <spdlog/spdlog.h>)
set(GRPC <grpcpp/grpcpp.h> <weft/core/v1/applications.grpc.pb.h> <weft/core/v1/catalog.grpc.pb.h>
  <weft/core/v1/instances.grpc.pb.h> <weft/provider/v1/identity.grpc.pb.h> <weft/provider/v1/trait.grpc.pb.h>
  <weft/provider/v1/workload.grpc.pb.h> <weft/runtime/v1/runtime.grpc.pb.h>)
set(TEST <gmock/gmock.h> <gtest/gtest.h>)

set(BASE_LIBRARIES absl::statusor absl::strings absl::time Boost::json spdlog::spdlog)

# weft_precompile(KIND HEADERS ... LIBRARIES ...)
function(weft_precompile KIND)
  cmake_parse_arguments(ARG "" "" "HEADERS;LIBRARIES" ${ARGN})
  add_library(weft_precompiled_${KIND} STATIC ${CMAKE_SOURCE_DIR}/cmake/precompiled.cc)
  target_link_libraries(weft_precompiled_${KIND} PRIVATE ${ARG_LIBRARIES})
  target_precompile_headers(weft_precompiled_${KIND} PRIVATE ${ARG_HEADERS})
endfunction()

weft_precompile(base HEADERS ${BASE} LIBRARIES ${BASE_LIBRARIES})
weft_precompile(grpc HEADERS ${BASE} ${GRPC} LIBRARIES ${BASE_LIBRARIES} weft_proto)
if(WEFT_BUILD_TESTS)
  weft_precompile(test HEADERS ${BASE} ${TEST} LIBRARIES ${BASE_LIBRARIES} GTest::gmock)
  weft_precompile(grpc_test HEADERS ${BASE} ${GRPC} ${TEST} LIBRARIES ${BASE_LIBRARIES} weft_proto GTest::gmock)
endif()

# weft_use_precompiled(TARGET KIND): compiles TARGET with the headers of KIND.
function(weft_use_precompiled TARGET KIND)
  target_precompile_headers(${TARGET} REUSE_FROM weft_precompiled_${KIND})
endfunction()
