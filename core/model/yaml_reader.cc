#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "absl/strings/str_cat.h"
#include "core/model/text.h"
#include "core/model/tree_builder.h"
#include "core/model/yaml_source.h"
#include "core/model/yaml_tree.h"

// The one file that knows yaml-cpp.
namespace weft::model {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr char kSpace[] = " \t\r\n";

size_t Offset(const YAML::Mark& mark) { return static_cast<size_t>(std::max(0, mark.pos)); }

// Tells a TreeBuilder of yaml-cpp's events, with places of the original text and without tags.
class Events : public YAML::EventHandler {
 public:
  Events(const YamlSource& source, TreeBuilder& builder) : source_(source), builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& mark) override { builder_.StartDocument(At(mark)); }
  void OnDocumentEnd() override { builder_.EndDocument(); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Null(NullPlace(mark), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckQuotes(mark);
    if (value.find('\0') != std::string::npos) {
      builder_.End(At(mark), "SYNTAX", "a string cannot hold the character U+0000");
    }
    builder_.Scalar(At(mark), value, IsPlain(tag, At(mark)), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Alias(At(mark), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (!IsUntagged(tag, "tag:yaml.org,2002:seq")) RefuseTag(tag, At(mark));
    builder_.Open(Node::Kind::kList, At(mark), anchor);
  }
  void OnSequenceEnd() override { builder_.CloseList(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (!IsUntagged(tag, "tag:yaml.org,2002:map")) RefuseTag(tag, At(mark));
    builder_.Open(Node::Kind::kMap, At(mark), anchor);
  }
  void OnMapEnd() override { builder_.CloseMap(); }

 private:
  Position At(const YAML::Mark& mark) const { return source_.At(Offset(mark)); }

  // yaml-cpp takes the end of the text for the end of a quoted scalar.
  void CheckQuotes(const YAML::Mark& mark) {
    const std::string& text = source_.text();
    size_t i = Offset(mark);
    while (i < text.size() && (text[i] == '&' || text[i] == '!'))  // Its anchor, its tag.
      i = text.find_first_not_of(kSpace, text.find_first_of(kSpace, i));
    if (i >= text.size() || (text[i] != '\'' && text[i] != '"')) return;
    const char quote = text[i];
    while (++i < text.size()) {
      const bool escape = quote == '"' && text[i] == '\\';
      const bool pair = quote == '\'' && text.compare(i, 2, "''") == 0;
      if (escape || pair) {
        ++i;  // What follows does not close.
      } else if (text[i] == quote) {
        return;
      }
    }
    builder_.End(At(mark), "SYNTAX", "the quote that starts here is never closed");
  }

  // Where a null is not written out yaml-cpp's mark is that of what follows; the key is nearer.
  Position NullPlace(const YAML::Mark& mark) const {
    const std::string& text = source_.text();
    const size_t start = std::min(text.size(), Offset(mark));
    const size_t end = std::min(text.size(), text.find_first_of(" \t\r\n,]}:", start));
    const bool written = end > start && TypeOfPlain(std::string_view(text).substr(
                                            start, end - start)) == PlainType::kNull;
    const Position* key = builder_.PendingKey();
    return written || key == nullptr ? At(mark) : *key;
  }

  // Whether the tag of a scalar leaves its type to its text.
  bool IsPlain(const std::string& tag, Position place) {
    constexpr std::string_view kStandard = "tag:yaml.org,2002:";
    if (tag == "?" || tag.empty()) return true;
    if (tag == "!") return false;  // Quoted.
    if (tag.starts_with(kStandard)) {
      const std::string_view type = std::string_view(tag).substr(kStandard.size());
      if (type == "str") return false;
      if (type == "int" || type == "float" || type == "bool" || type == "null") return true;
    }
    RefuseTag(tag, place);
  }

  static bool IsUntagged(const std::string& tag, std::string_view own) {
    return tag == "?" || tag == "!" || tag.empty() || tag == own;
  }

  [[noreturn]] void RefuseTag(const std::string& tag, Position place) {
    builder_.End(place, "SYNTAX",
                 absl::StrCat("the YAML tag ", Quoted(tag), " has no meaning here"),
                 "leave the tag out");
  }

  const YamlSource& source_;
  TreeBuilder& builder_;
};

Diagnostic Problem(const std::string& name, Position place, std::string code, std::string message) {
  Diagnostic problem;
  problem.code = std::move(code);
  problem.message = std::move(message);
  problem.document = name;
  problem.line = place.line;
  problem.column = place.column;
  return problem;
}

void ReadDocuments(const std::string& name, const YamlSource& source, YamlText& out) {
  try {
    std::istringstream stream(source.text());
    YAML::Parser parser(stream);
    TreeBuilder builder(name, out);
    Events events(source, builder);
    while (parser.HandleNextDocument(events)) {
    }
  } catch (const EndOfText&) {
    // The diagnostic is in `out` already.
  } catch (const YAML::Exception& e) {
    // It may end in one byte of a character.
    const std::string message = e.msg.substr(0, FindForbiddenByte(e.msg).value_or(e.msg.size()));
    out.diagnostics.push_back(Problem(name, source.At(Offset(e.mark)), "SYNTAX",
                                      absl::StrCat("not well-formed YAML: ", message)));
  } catch (const std::exception& e) {
    out.diagnostics.push_back(
        Problem(name, {}, "SYNTAX", absl::StrCat("cannot be read as YAML: ", e.what())));
  }
}

}  // namespace

YamlText ReadYaml(const std::string& name, std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  YamlText out;
  if (text.size() > kMaxBytes) {
    out.diagnostics.push_back(Problem(name, {}, "LIMIT", "the text is larger than 1 MiB"));
    return out;
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const std::optional<size_t> bad = FindForbiddenByte(text)) {
    out.diagnostics.push_back(Problem(name, TextIndex(text).At(*bad), "SYNTAX",
                                      "a character that YAML does not allow, or not valid UTF-8"));
    return out;
  }
  ReadDocuments(name, YamlSource(text), out);
  return out;
}

}  // namespace weft::model
