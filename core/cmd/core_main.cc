// weft-core: the API and the scheduler of one installation.
#include "core/cmd/core_program.h"

int main(int argc, char** argv) { return weft::cmd::CoreMain(argc, argv); }
