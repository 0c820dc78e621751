# What the tests of checks share. SOURCE is the project's folder, SCRATCH a folder of the test's own.

# Makes SCRATCH a source tree of the one file FILE with the text TEXT.
function(make_tree FILE TEXT)
  file(REMOVE_RECURSE ${SCRATCH})
  file(WRITE ${SCRATCH}/${FILE} "${TEXT}")
endfunction()

# Runs CHECK, a script, with FOLDER as its source tree. It must pass, or with FAILS TEXT must fail and say TEXT.
function(expect CHECK FOLDER)
  cmake_parse_arguments(ARG "" "FAILS" "" ${ARGN})
  execute_process(COMMAND ${CMAKE_COMMAND} -P ${CHECK} WORKING_DIRECTORY ${FOLDER}
                  RESULT_VARIABLE RESULT OUTPUT_VARIABLE OUTPUT ERROR_VARIABLE OUTPUT)
  if(NOT ARG_FAILS AND NOT RESULT EQUAL 0)
    message(FATAL_ERROR "${CHECK} refused ${FOLDER}, which is right:\n${OUTPUT}")
  endif()
  if(ARG_FAILS AND RESULT EQUAL 0)
    message(FATAL_ERROR "${CHECK} passed ${FOLDER}, expected: ${ARG_FAILS}")
  endif()
  if(ARG_FAILS)
    string(REGEX REPLACE "[ \n]+" " " WORDS "${OUTPUT}")  # CMake breaks lines.
    string(FIND "${WORDS}" "${ARG_FAILS}" PLACE)
    if(PLACE EQUAL -1)
      message(FATAL_ERROR "${CHECK} failed without saying '${ARG_FAILS}':\n${OUTPUT}")
    endif()
  endif()
endfunction()
