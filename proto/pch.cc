// Exists so that the precompiled headers of gRPC have a target.
