#include "core/model/decode.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/model/kinds.h"
#include "core/model/text.h"

namespace weft::model {
namespace {

constexpr size_t kMaxDiagnostics = 200;  // A text; so that an answer stays small.
constexpr size_t kMaxCanonicalBytes = 1 << 20;

void ReadMetadata(ObjectReader& in, Metadata& out) {
  constexpr char kServer[] = "a server sets it, not a document";
  in.Name("name", out.name, kOamName, Need::kRequired);
  in.Name("namespace", out.name_space, kDnsLabel);
  in.TextMap("labels", out.labels);
  in.TextMap("annotations", out.annotations);
  for (const char* field :
       {"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "generation", "managedFields", "selfLink"}) {
    if (in.Contains(field)) in.Ignore(field, kServer);
  }
}

// Whether OAM v1alpha1 has documents of this kind to say what types there are. Here users cannot
// make types: operators add providers.
bool IsDefinition(const std::string& kind) {
  return kind == "WorkloadType" || kind == "Trait" || kind == "ApplicationScope";
}

// Reports an apiVersion or kind that is not among `known`.
bool CheckKnown(ObjectReader& in, const char* field, const std::string& found,
                const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), found) != known.end()) return true;
  Diagnostic& error =
      in.reading().Error(in.PlaceOf(field), in.PointerOf(field), "UNKNOWN_KIND",
                         absl::StrCat("the ", field, " ", Quoted(found),
                                      " is not known; known: ", absl::StrJoin(known, ", ")));
  error.found = Quoted(found);
  error.expected = absl::StrJoin(known, ", ");
  if (IsDefinition(found)) error.hint = "leave it out: types come with their providers";
  const std::string nearest = Nearest(found, known);
  if (!nearest.empty()) error.hint = absl::StrCat("write ", nearest);
  return false;
}

template <class T>
T ReadDocument(ObjectReader& in, void (*read_spec)(ObjectReader&, T&)) {
  T out;
  in.Object(
      "metadata", "the metadata",
      [&](ObjectReader& metadata) { ReadMetadata(metadata, out.metadata); }, Need::kRequired);
  read_spec(in, out);
  if (in.Contains("status")) in.Ignore("status", "a server sets it, not a document");
  in.Finish();
  return out;
}

// Whether the names of all parameters are known, so that something can be said of what refers to
// them. `found`: what is wrong with the component.
bool KnowsParameters(const ComponentSchematic& component, const Diagnostics& found) {
  return std::all_of(component.parameters.begin(), component.parameters.end(),
                     [](const Parameter& parameter) { return !parameter.name.empty(); }) &&
         std::none_of(found.begin(), found.end(), [](const Diagnostic& d) {
           return d.pointer == "/spec/parameters" ||
                  absl::StartsWith(d.hint, "write \"parameters\"");
         });
}

// The value of the document at the root of `tree`; what is wrong is in `reading`, and so in
// `found`.
std::optional<std::variant<ComponentSchematic, ApplicationConfiguration>> ReadKind(
    const Tree& tree, Reading& reading, const Diagnostics& found, bool refused) {
  if (tree.root().kind != Node::Kind::kMap) {
    reading.Error(tree.root().place, "", "WRONG_TYPE",
                  "a document must be a map with apiVersion, kind, metadata and spec");
    return std::nullopt;
  }
  ObjectReader in(reading, tree.root(), "", "the document");
  std::string api_version;
  std::string kind;
  const bool has_version = in.String("apiVersion", api_version, Need::kRequired);
  const bool has_kind = in.String("kind", kind, Need::kRequired);
  if (!has_version || !has_kind) {
    for (const char* field : {"metadata", "spec", "status"}) in.Known(field);
    in.Finish();
    return std::nullopt;
  }
  if (!CheckKnown(in, "apiVersion", api_version, {kApiVersion}) ||
      !CheckKnown(in, "kind", kind, {"ApplicationConfiguration", "ComponentSchematic"})) {
    return std::nullopt;
  }
  if (kind == "ApplicationConfiguration") return ReadDocument(in, ReadApplication);
  ComponentSchematic component = ReadDocument(in, ReadComponent);
  if (!refused && KnowsParameters(component, found))
    CheckComponentReferences(component, tree, reading);
  return component;
}

Metadata& MetadataOf(Document& document) {
  return std::visit([](auto& value) -> Metadata& { return value.metadata; }, document.value);
}

// Reads one document; nothing if it has an error. `refused`: something of it was refused already.
std::optional<Document> ReadOne(const std::string& name, std::shared_ptr<const Tree> tree,
                                bool refused, const std::string& default_namespace,
                                Diagnostics& out) {
  Diagnostics found;
  Reading reading(name, found);
  std::optional<Document> document;
  if (auto value = ReadKind(*tree, reading, found, refused); value && !HasError(found)) {
    document.emplace();
    document->name = name;
    document->value = *std::move(value);
    Metadata& metadata = MetadataOf(*document);
    if (metadata.name_space.empty()) metadata.name_space = default_namespace;
    json::value whole = reading.Value(tree->root(), "");
    whole.as_object()["metadata"].as_object()["namespace"] =
        boost::json::string_view(metadata.name_space);
    document->canonical = json::Canonical(whole);
    if (document->canonical.size() > kMaxCanonicalBytes) {
      reading.Error(tree->root().place, "", "LIMIT",
                    "the document is larger than 1 MiB with its aliases written out");
    }
    document->source = std::move(tree);
  }
  if (HasError(found)) document.reset();
  std::move(found.begin(), found.end(), std::back_inserter(out));
  return document;
}

// In the order of the text; of too many the errors first. What stands once in the text is said
// once, whatever aliases and merge keys make of it.
void Tidy(const std::string& name, Diagnostics& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(a.line, a.column) < std::pair(b.line, b.column);
                   });
  std::set<std::tuple<int, int, std::string, std::string>> said;
  std::erase_if(diagnostics, [&](const Diagnostic& d) {
    return !said.emplace(d.line, d.column, d.code, d.message).second;
  });
  if (diagnostics.size() <= kMaxDiagnostics) return;
  std::stable_partition(diagnostics.begin(), diagnostics.end(),
                        [](const Diagnostic& d) { return d.severity == Severity::kError; });
  Diagnostic more;
  more.severity = Severity::kNote;
  more.code = "MORE";
  more.message =
      absl::StrCat(diagnostics.size() - kMaxDiagnostics, " more diagnostics are not shown");
  more.document = name;
  diagnostics.resize(kMaxDiagnostics);
  diagnostics.push_back(std::move(more));
}

// Where the first document of each identity stands.
using Identities = std::map<std::string, std::string>;

// (group, kind, name) is unique within a namespace (OAM v1alpha1, section 2).
bool IsFirst(const Document& document, Identities& seen, Diagnostics& out) {
  const Metadata& metadata = document.metadata();
  Diagnostic error = Place(document, "/metadata/name", At::kValue);
  const auto [first, fresh] =
      seen.emplace(absl::StrCat(document.kind(), "/", metadata.name_space, "/", metadata.name),
                   absl::StrCat(error.document, ":", error.line));
  if (fresh) return true;
  error.code = "DUPLICATE_DOCUMENT";
  error.message = absl::StrCat("the ", document.kind(), " ", Quoted(metadata.name),
                               " is given twice, first at ", first->second);
  error.hint = "leave one of them out";
  out.push_back(std::move(error));
  return false;
}

}  // namespace

Decoded Decode(const std::vector<Source>& sources, const std::string& default_namespace) {
  Decoded decoded;
  Identities seen;
  size_t documents = 0;
  for (const Source& source : sources) {
    YamlText text = ReadYaml(source.name, source.text);
    Diagnostics& found = text.diagnostics;
    for (size_t i = 0; i < text.documents.size(); ++i) {
      if (++documents > kMaxDocuments) {
        Reading(source.name, found)
            .Error(text.documents[i]->root().place, "", "LIMIT", "more than 1,000 documents");
        break;
      }
      std::optional<Document> document =
          ReadOne(source.name, text.documents[i], text.refused[i], default_namespace, found);
      if (!document || text.refused[i] || !IsFirst(*document, seen, found)) continue;
      decoded.documents.push_back(*std::move(document));
    }
    Tidy(source.name, found);
    std::move(found.begin(), found.end(), std::back_inserter(decoded.diagnostics));
  }
  return decoded;
}

}  // namespace weft::model
