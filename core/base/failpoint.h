#pragma once

// Named points at which a test may stop or end the process, to show that nothing is lost wherever
// it dies.
//
// Without the environment variable WEFT_FAILPOINTS a point costs one load. With it, the variable
// names a folder; a file FOLDER/NAME arms the point NAME for one passage. Its text says what
// happens then:
//   kill    the process ends as by SIGKILL
//   pause   the file is renamed to NAME.hit and the thread waits until that is removed
// Points are named SERVICE.STEP.before and SERVICE.STEP.after: "core.record.before".
namespace weft {

void Failpoint(const char* name);

}  // namespace weft
