// What jemalloc asks a program for at its start; MALLOC_CONF wins over it. Why each of them:
// docs/adr/0023-allocator.md.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,lg_tcache_max:12,dirty_decay_ms:1000";
}
