# Fails if a source, script or page refers to a page of documentation that does not exist. Run in the project's folder:
# cmake -P FILE.
set(ROOT ${CMAKE_CURRENT_SOURCE_DIR})
set(BAD "")

# Mentions in sources, written from the project's root: docs/protocol.md.
file(GLOB_RECURSE FILES RELATIVE ${ROOT} ${ROOT}/core/* ${ROOT}/plugins/* ${ROOT}/runtime/* ${ROOT}/proto/*
     ${ROOT}/deploy/* ${ROOT}/cmake/*)
list(FILTER FILES INCLUDE REGEX "\\.(h|cc|proto|cmake|sh|md|txt)$")
foreach(FILE ${FILES})
  file(READ ${ROOT}/${FILE} TEXT)
  string(REGEX MATCHALL "docs/[A-Za-z0-9_/.-]+\\.md" PAGES "${TEXT}")
  list(REMOVE_DUPLICATES PAGES)
  foreach(PAGE ${PAGES})
    if(NOT EXISTS ${ROOT}/${PAGE})
      list(APPEND BAD "${FILE} refers to ${PAGE}")
    endif()
  endforeach()
endforeach()

# Links of pages, relative to the page: [text](adr/README.md).
file(GLOB_RECURSE PAGES RELATIVE ${ROOT} ${ROOT}/*.md)
list(FILTER PAGES EXCLUDE REGEX "^build/")
foreach(FILE ${PAGES})
  file(READ ${ROOT}/${FILE} TEXT)
  string(REPLACE "[" "<" TEXT "${TEXT}")  # Brackets group the elements of CMake's lists.
  string(REPLACE "]" ">" TEXT "${TEXT}")
  string(REGEX MATCHALL ">\\([^)#: ]+" LINKS "${TEXT}")
  get_filename_component(FOLDER ${ROOT}/${FILE} DIRECTORY)
  foreach(LINK ${LINKS})
    string(SUBSTRING "${LINK}" 2 -1 LINK)
    if(NOT LINK MATCHES "^https?$" AND NOT EXISTS ${FOLDER}/${LINK})
      list(APPEND BAD "${FILE} links to ${LINK}")
    endif()
  endforeach()
endforeach()

if(BAD)
  list(JOIN BAD "\n  " TEXT)
  message(FATAL_ERROR "Pages that do not exist:\n  ${TEXT}")
endif()
