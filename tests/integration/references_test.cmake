# Every page of documentation that something refers to exists, and the check that says so can fail.
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)
set(CHECK ${CMAKE_CURRENT_LIST_DIR}/references.cmake)

expect(${CHECK} ${SOURCE})

make_tree(README.md "[one](docs/one.md), [a site](https://example.org/x.md), [a folder](docs)\n")
file(WRITE ${SCRATCH}/docs/one.md "[up](../README.md#what)\n")
file(WRITE ${SCRATCH}/core/a.cc "// See docs/one.md.\n")
expect(${CHECK} ${SCRATCH})

file(WRITE ${SCRATCH}/core/a.cc "// See docs/two.md.\n")
expect(${CHECK} ${SCRATCH} FAILS "core/a.cc refers to docs/two.md")
file(WRITE ${SCRATCH}/core/a.cc "")
file(WRITE ${SCRATCH}/docs/one.md "[up](README.md)\n")
expect(${CHECK} ${SCRATCH} FAILS "docs/one.md links to README.md")
