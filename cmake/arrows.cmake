# Fails the configuration when a source file includes something it must not know. The arrows:
#   core, plugins and runtime meet only through proto; all three may use core/base.
#   within core: api -> scheduler -> {mesh, merge, resolve, catalog} -> model -> base; store through its interface;
#   auth and config know no OAM.
# ARCHITECTURE.md draws the picture. tests/integration/arrows_test.cmake proves that this check can fail.
set(WEFT_ARROWS
  "core/base=core/base"
  "core/model=core/model core/base"
  "core/config=core/config core/model core/base"
  "core/catalog=core/catalog core/model core/store core/base"
  "core/resolve=core/resolve core/catalog core/model core/base"
  "core/auth=core/auth core/base"
  "core/mesh=core/mesh core/config core/auth core/catalog core/resolve core/model core/store core/base"
  "core/merge=core/merge core/config core/mesh core/catalog core/resolve core/model core/base"
  "core/store=core/store core/base"
  "core/scheduler=core/scheduler core/config core/auth core/mesh core/merge core/resolve core/catalog core/model core/store core/base"
  "core/api=core/api core/scheduler core/config core/auth core/mesh core/merge core/resolve core/catalog core/model core/store core/base"
  "core/check=core/check core/scheduler core/mesh core/merge core/resolve core/catalog core/model core/base"
  "core/cli=core/cli core/check core/auth core/config core/base"
  "core/cmd=core"
  "plugins=plugins core/base"
  "runtime/engine=runtime/engine runtime/base core/base"
  "runtime/proxy=runtime/proxy runtime/base core/base"
  "runtime/local=runtime/local runtime/anchor runtime/engine runtime/proxy runtime/base core/base"
  "runtime/anchor=runtime/anchor runtime/engine core/base"
  "runtime=runtime core/base")

# weft_check_arrows(ROOT): checks every .h and .cc file below ROOT/{core,plugins,runtime}.
function(weft_check_arrows ROOT)
  file(GLOB_RECURSE FILES RELATIVE ${ROOT} ${ROOT}/core/*.h ${ROOT}/core/*.cc ${ROOT}/plugins/*.h ${ROOT}/plugins/*.cc
       ${ROOT}/runtime/*.h ${ROOT}/runtime/*.cc)
  set(BAD "")
  foreach(FILE ${FILES})
    set(ALLOWED "")
    foreach(ARROW ${WEFT_ARROWS})
      string(REPLACE "=" ";" ARROW ${ARROW})
      list(GET ARROW 0 FROM)
      list(GET ARROW 1 TO)
      if(FILE MATCHES "^${FROM}/")
        string(REPLACE " " ";" ALLOWED ${TO})
        break()
      endif()
    endforeach()
    file(STRINGS ${ROOT}/${FILE} INCLUDES REGEX "^#include \"(core|plugins|runtime)/")
    foreach(LINE ${INCLUDES})
      string(REGEX REPLACE "^#include \"([^\"]*)\".*" "\\1" INCLUDED ${LINE})
      set(OK FALSE)
      foreach(TO ${ALLOWED})
        if(INCLUDED MATCHES "^${TO}/")
          set(OK TRUE)
        endif()
      endforeach()
      if(NOT OK)
        list(APPEND BAD "${FILE} includes ${INCLUDED}")
      endif()
    endforeach()
  endforeach()
  if(BAD)
    list(JOIN BAD "\n  " TEXT)
    message(FATAL_ERROR "Forbidden arrows (see ARCHITECTURE.md, \"Arrows\"):\n  ${TEXT}")
  endif()
endfunction()

weft_check_arrows(${CMAKE_SOURCE_DIR})
