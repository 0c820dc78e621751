#include <fstream>
#include <memory>

#include <CLI/CLI.hpp>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/cli/client.h"
#include "core/cli/commands.h"
#include "core/cli/listing.h"
#include "weft/runtime/v1/runtime.grpc.pb.h"

namespace weft::cli {
namespace {

constexpr size_t kChunk = 1 << 20;  // Bytes; the protocol's limit.
constexpr absl::Duration kTransferLimit = absl::Minutes(10);

struct ImageOptions {
  std::string file, reference, output;
  std::vector<std::string> entrypoint;
  bool yes = false;
};

absl::StatusOr<std::unique_ptr<runtime::v1::Images::Stub>> Connect(const Context& context) {
  WEFT_ASSIGN_OR_RETURN(const DataDirectory data, context.OpenData());
  WEFT_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                        ConnectService(data, "runtime-local"));
  return runtime::v1::Images::NewStub(channel);
}

// The stream that the user named; `file` is opened where that is not standard input.
absl::StatusOr<std::istream*> OpenInput(const Context& context, const std::string& name,
                                        std::ifstream& file) {
  if (name == "-") return &context.terminal.in;
  file.open(name, std::ios::binary);
  // A folder opens, and fails at the first byte.
  if (!file || file.peek() == std::ifstream::traits_type::eof())
    return absl::NotFoundError(absl::StrCat(name, ": cannot be read, or is empty"));
  return &file;
}

// Sends `in` in chunks, the first of which may bear more than data.
template <typename Message>
void SendChunks(std::istream& in, Message first, grpc::ClientWriter<Message>& writer) {
  Message message = std::move(first);
  std::string buffer(kChunk, '\0');
  do {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    message.set_data(buffer.data(), static_cast<size_t>(in.gcount()));
    if (!writer.Write(message)) return;  // Finish says why.
    message = Message();
  } while (in);
}

void PrintLoaded(const Terminal& terminal, const runtime::v1::LoadImagesResponse& response) {
  for (const std::string& reference : response.references())
    terminal.out << "image " << reference << " loaded\n";
  if (response.references().empty()) terminal.out << "an image without a name was loaded\n";
  terminal.out << std::flush;
}

absl::Status Load(const Context& context, const ImageOptions& options) {
  std::ifstream file;
  WEFT_ASSIGN_OR_RETURN(std::istream * in, OpenInput(context, options.file, file));
  WEFT_ASSIGN_OR_RETURN(auto stub, Connect(context));
  grpc::ClientContext call;
  SetDeadline(call, kTransferLimit);
  runtime::v1::LoadImagesResponse response;
  auto writer = stub->Load(&call, &response);
  SendChunks(*in, runtime::v1::ImageChunk(), *writer);
  writer->WritesDone();
  WEFT_RETURN_IF_ERROR(CallError(writer->Finish(), absl::StrCat("load ", options.file)));
  PrintLoaded(context.terminal, response);
  return absl::OkStatus();
}

absl::Status Import(const Context& context, const ImageOptions& options) {
  std::ifstream file;
  WEFT_ASSIGN_OR_RETURN(std::istream * in, OpenInput(context, options.file, file));
  WEFT_ASSIGN_OR_RETURN(auto stub, Connect(context));
  grpc::ClientContext call;
  SetDeadline(call, kTransferLimit);
  runtime::v1::ImportImageRequest first;
  first.set_reference(options.reference);
  for (const std::string& word : options.entrypoint) first.add_entrypoint(word);
  runtime::v1::LoadImagesResponse response;
  auto writer = stub->Import(&call, &response);
  SendChunks(*in, first, *writer);
  writer->WritesDone();
  WEFT_RETURN_IF_ERROR(CallError(writer->Finish(), absl::StrCat("import ", options.file)));
  PrintLoaded(context.terminal, response);
  return absl::OkStatus();
}

absl::Status List(const Context& context, const ImageOptions& options) {
  WEFT_ASSIGN_OR_RETURN(auto stub, Connect(context));
  grpc::ClientContext call;
  SetDeadline(call, kCallLimit);
  runtime::v1::ListImagesResponse list;
  WEFT_RETURN_IF_ERROR(CallError(stub->List(&call, {}, &list), "list images"));
  context.terminal.out << (options.output == "json" ? RenderJson(list)
                                                    : RenderImages(list, absl::Now()))
                       << std::flush;
  return absl::OkStatus();
}

// What goes is what was shown.
absl::Status Prune(const Context& context, const ImageOptions& options) {
  const Terminal& terminal = context.terminal;
  WEFT_ASSIGN_OR_RETURN(auto stub, Connect(context));
  const auto prune = [&](const runtime::v1::PruneImagesRequest& request)
      -> absl::StatusOr<runtime::v1::ListImagesResponse> {
    grpc::ClientContext call;
    SetDeadline(call, kTransferLimit);
    runtime::v1::ListImagesResponse images;
    WEFT_RETURN_IF_ERROR(CallError(stub->Prune(&call, request, &images), "prune images"));
    return images;
  };
  runtime::v1::PruneImagesRequest request;
  request.set_dry_run(true);
  WEFT_ASSIGN_OR_RETURN(const runtime::v1::ListImagesResponse unused, prune(request));
  if (unused.images().empty()) {
    terminal.out << "every image is used" << std::endl;
    return absl::OkStatus();
  }
  terminal.out << "no container of the engine has, and no object of this installation names:\n"
               << RenderImages(unused, absl::Now()) << std::flush;
  if (!options.yes && !Agrees(terminal, "Remove them?"))
    return absl::CancelledError("not confirmed: all stays as it is");
  request.set_dry_run(false);
  for (const auto& image : unused.images()) request.add_ids(image.id());
  WEFT_ASSIGN_OR_RETURN(const runtime::v1::ListImagesResponse removed, prune(request));
  int64_t bytes = 0;
  for (const auto& image : removed.images()) bytes += image.size_bytes();
  terminal.out << removed.images_size() << " of " << unused.images_size() << " images removed, of "
               << SizeText(bytes) << std::endl;
  return absl::OkStatus();
}

using Command = absl::Status (*)(const Context&, const ImageOptions&);

void RunAs(CLI::App& app, Context& context, const std::shared_ptr<ImageOptions>& options,
           Command command) {
  app.callback([&context, options, command] {
    context.run = [&context, options, command] {
      const absl::Status status = command(context, *options);
      return status.ok() ? 0 : Fail(context.terminal, status);
    };
  });
}

}  // namespace

void AddImageCommands(CLI::App& app, Context& context) {
  auto options = std::make_shared<ImageOptions>();
  CLI::App* image = app.add_subcommand("image", "Images of the engine, which needs no registry");
  image->require_subcommand(1);

  CLI::App* load = image->add_subcommand("load", "Load an archive made by docker save");
  load->add_option("file", options->file, "The archive, or -")->required();
  RunAs(*load, context, options, Load);

  CLI::App* import = image->add_subcommand("import", "Make an image of a root file system");
  import->add_option("file", options->file, "A tar archive of it, or -")->required();
  import->add_option("reference", options->reference, "The image's name, such as weft/hello:v1")
      ->required();
  import
      ->add_option("--entrypoint", options->entrypoint,
                   "Its program; again for each of the program's arguments")
      ->allow_extra_args(false)
      ->type_name("WORD");
  RunAs(*import, context, options, Import);

  CLI::App* list = image->add_subcommand("list", "List images");
  list->add_option("-o,--output", options->output, "json")->check(CLI::IsMember({"json"}));
  RunAs(*list, context, options, List);

  CLI::App* prune = image->add_subcommand(
      "prune", "Remove images that no container of the engine has and no object names");
  prune->add_flag("-y,--yes", options->yes, "Without a question");
  RunAs(*prune, context, options, Prune);
}

}  // namespace weft::cli
