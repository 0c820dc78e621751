# The core names no type that a provider serves, and the check that says so can fail.
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)
set(CHECK ${CMAKE_CURRENT_LIST_DIR}/provider_types.cmake)

expect(${CHECK} ${SOURCE})

# The core's FILE with the text TEXT beside a provider of two names.
function(make_core FILE TEXT)
  make_tree(plugins/workloads/one/one.cc
    "const sdk::Workload kOne = {\n    .type = \"group.example/v1.One\",\n    .aliases = {\"One\", \"Uno\"},\n};\n")
  file(WRITE ${SCRATCH}/${FILE} "${TEXT}")
endfunction()

make_core(core/mesh/mesh.cc "// One of many.\n")
expect(${CHECK} ${SCRATCH})
make_core(core/mesh/mesh_test.cc "type = \"group.example/v1.One\"\n")
expect(${CHECK} ${SCRATCH})
make_core(core/mesh/mesh.cc "if (type == \"group.example/v1.One\") {}\n")
expect(${CHECK} ${SCRATCH} FAILS "core/mesh/mesh.cc names group.example/v1.One")
make_core(core/resolve/resolve.h "// like v1.One\n")
expect(${CHECK} ${SCRATCH} FAILS "core/resolve/resolve.h names v1.One")
make_core(core/api/api.cc "if (type == \"Uno\") {}\n")
expect(${CHECK} ${SCRATCH} FAILS "core/api/api.cc names \"Uno\"")

# A check that no longer finds any provider protects nothing, so it fails.
make_tree(core/mesh/mesh.cc "")
expect(${CHECK} ${SCRATCH} FAILS "this check has become blind")
