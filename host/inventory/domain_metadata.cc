#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "host/inventory/hypervisor.h"

namespace noonmark {
namespace {

constexpr std::string_view kNamespace = "urn:noonmark:domain:1";
constexpr size_t kMostXmlBytes = 4096;
constexpr size_t kMostValueBytes = 256;

struct FreeContext {
  void operator()(xmlParserCtxt* context) const { xmlFreeParserCtxt(context); }
};
struct FreeDocument {
  void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};
struct FreeText {
  void operator()(xmlChar* text) const { xmlFree(text); }
};

const xmlChar* Xml(const char* text) {
  return reinterpret_cast<const xmlChar*>(text);
}
std::string_view Text(const xmlChar* text) {
  return text == nullptr
             ? std::string_view()
             : std::string_view(reinterpret_cast<const char*>(text));
}

// libxml2's words on one line. They may quote what is no text.
std::string WhyNotXml(xmlParserCtxt* context) {
  const xmlError* error = xmlCtxtGetLastError(context);
  if (error == nullptr || error->message == nullptr) return "unknown error";
  std::string text(absl::StripAsciiWhitespace(error->message));
  for (char& c : text) {
    if (c == '\n') c = ' ';
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return text;
}

bool HasControlCharacter(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (absl::ascii_iscntrl(byte)) return true;
    // U+0080 to U+009F in UTF-8.
    if (byte == 0xC2 && i + 1 < text.size() &&
        static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

// Empty: there is no such attribute.
absl::StatusOr<std::string> Attribute(xmlNode* element, const char* name) {
  const std::unique_ptr<xmlChar, FreeText> text(
      xmlGetNoNsProp(element, Xml(name)));
  if (text == nullptr) return "";
  const std::string_view value = Text(text.get());
  if (value.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(name, " is empty"));
  }
  if (value.size() > kMostValueBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is longer than ", kMostValueBytes, " bytes"));
  }
  if (HasControlCharacter(value)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has a control character"));
  }
  return std::string(value);
}

absl::Status Read(std::string_view xml, Domain& domain) {
  if (xml.size() > kMostXmlBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("longer than ", kMostXmlBytes, " bytes"));
  }
  // Nothing needs one, and without it there are no entities to expand. The
  // encoding is given below, so that it cannot hide in another one.
  if (xml.find("<!DOCTYPE") != std::string_view::npos) {
    return absl::InvalidArgumentError("a document type is not allowed");
  }
  const std::unique_ptr<xmlParserCtxt, FreeContext> context(xmlNewParserCtxt());
  if (context == nullptr) return absl::ResourceExhaustedError("no memory");
  const std::unique_ptr<xmlDoc, FreeDocument> document(xmlCtxtReadMemory(
      context.get(), xml.data(), static_cast<int>(xml.size()), nullptr, "UTF-8",
      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  if (document == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("not XML: ", WhyNotXml(context.get())));
  }
  xmlNode* element = xmlDocGetRootElement(document.get());
  // libvirt hands the element out without its namespace.
  if (element->ns != nullptr && Text(element->ns->href) != kNamespace) {
    return absl::OkStatus();
  }
  if (Text(element->name) != "guest") {
    return absl::InvalidArgumentError(
        absl::StrCat("the element must be <guest>, not <",
                     std::string(Text(element->name).substr(0, 64)), ">"));
  }
  absl::StatusOr<std::string> address = Attribute(element, "address");
  if (!address.ok()) return address.status();
  absl::StatusOr<std::string> group = Attribute(element, "group");
  if (!group.ok()) return group.status();
  domain.address = *std::move(address);
  domain.group = *std::move(group);
  return absl::OkStatus();
}

}  // namespace

void ReadDomainMetadata(std::string_view xml, Domain& domain) {
  domain.address.clear();
  domain.group.clear();
  domain.metadata_error = std::string(Read(xml, domain).message());
}

}  // namespace noonmark
