#include "runtime/engine/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <memory>

namespace weft::engine {
namespace {

la_ssize_t Append(archive*, void* tar, const void* bytes, size_t size) {
  static_cast<std::string*>(tar)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

unsigned TypeOf(TarEntry::Type type) {
  switch (type) {
    case TarEntry::Type::kDirectory:
      return AE_IFDIR;
    case TarEntry::Type::kLink:
      return AE_IFLNK;
    case TarEntry::Type::kFile:
      break;
  }
  return AE_IFREG;
}

}  // namespace

// Writing into memory cannot fail.
std::string TarOf(const std::vector<TarEntry>& entries, absl::Time modified) {
  std::string tar;
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(),
                                                           &archive_write_free);
  archive_write_set_format_pax_restricted(writer.get());
  archive_write_set_bytes_per_block(writer.get(), 0);
  archive_write_open2(writer.get(), &tar, nullptr, &Append, nullptr, nullptr);
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> header(archive_entry_new(),
                                                                        &archive_entry_free);
  for (const TarEntry& entry : entries) {
    archive_entry_clear(header.get());
    archive_entry_set_pathname(header.get(), entry.path.c_str());
    archive_entry_set_filetype(header.get(), TypeOf(entry.type));
    archive_entry_set_perm(header.get(), static_cast<mode_t>(entry.mode));
    archive_entry_set_mtime(header.get(), absl::ToTimeT(modified), 0);
    if (entry.type == TarEntry::Type::kLink)
      archive_entry_set_symlink(header.get(), entry.content.c_str());
    const bool has_content = entry.type == TarEntry::Type::kFile;
    archive_entry_set_size(header.get(),
                           has_content ? static_cast<la_int64_t>(entry.content.size()) : 0);
    archive_write_header(writer.get(), header.get());
    if (has_content) archive_write_data(writer.get(), entry.content.data(), entry.content.size());
  }
  archive_write_close(writer.get());
  return tar;
}

}  // namespace weft::engine
