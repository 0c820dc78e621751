# cmake/arrows.cmake refuses an include that points the wrong way, wherever it stands, and names it.
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)
set(CHECK ${SOURCE}/cmake/arrows.cmake)

# FILE may include INCLUDED.
function(expect_allowed FILE INCLUDED)
  make_tree(${FILE} "#pragma once\n#include <string>\n#include \"${INCLUDED}\"\n")
  expect(${CHECK} ${SCRATCH})
endfunction()

# FILE may not include INCLUDED.
function(expect_forbidden FILE INCLUDED)
  make_tree(${FILE} "#pragma once\n#include <string>\n#include \"${INCLUDED}\"\n")
  expect(${CHECK} ${SCRATCH} FAILS "${FILE} includes ${INCLUDED}")
endfunction()

expect(${CHECK} ${SOURCE})

expect_allowed(core/api/applications.h core/scheduler/scheduler.h)
expect_allowed(core/scheduler/scheduler.cc core/mesh/mesh.h)
expect_allowed(core/resolve/resolve.h core/model/document.h)
expect_allowed(core/mesh/mesh.cc core/config/file.h)
expect_allowed(plugins/traits/example/example.cc plugins/sdk/provider.h)
expect_allowed(runtime/local/local.cc runtime/engine/engine.h)
expect_allowed(runtime/local/local.cc core/base/json.h)
expect_allowed(plugins/sdk/provider.h core/base/json.h)

# Upwards within the core.
expect_forbidden(core/base/json.h core/model/document.h)
expect_forbidden(core/model/document.h core/resolve/resolve.h)
expect_forbidden(core/resolve/resolve.cc core/mesh/mesh.h)
expect_forbidden(core/mesh/mesh.cc core/merge/merge.h)
expect_forbidden(core/config/file.cc core/mesh/mesh.h)
expect_forbidden(core/merge/merge_test.cc core/scheduler/scheduler.h)
expect_forbidden(core/scheduler/scheduler.cc core/api/applications.h)
expect_forbidden(core/cli/cli.cc core/scheduler/scheduler.h)
# Past the protocol.
expect_forbidden(core/mesh/mesh.cc plugins/sdk/provider.h)
expect_forbidden(core/scheduler/scheduler.cc runtime/local/local.h)
expect_forbidden(core/cmd/main.cc plugins/sdk/serve.h)
expect_forbidden(plugins/traits/example/example.cc core/model/document.h)
expect_forbidden(plugins/sdk/serve.cc runtime/engine/engine.h)
expect_forbidden(runtime/local/local.cc core/store/store.h)
expect_forbidden(runtime/engine/engine.h runtime/local/local.h)
# A folder that the table does not know has no arrows at all.
expect_forbidden(core/unheard_of/a.h core/base/json.h)
