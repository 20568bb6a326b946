#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/ascii.h"
#include "host/inventory/hypervisor.h"

namespace noonmark {
namespace {

using ::testing::HasSubstr;

// As if there had been another element before.
Domain ReadInto(std::string_view xml) {
  Domain domain;
  domain.address = "unix:/before";
  domain.group = "before";
  domain.metadata_error = "before";
  ReadDomainMetadata(xml, domain);
  return domain;
}

TEST(DomainMetadataTest, ReadsTheElementInItsForms) {
  const struct {
    const char* xml;
    const char* address;
    const char* group;
  } cases[] = {
      // As libvirt hands it out: without its namespace.
      {"<guest address=\"unix:/run/a\" group=\"g\"/>", "unix:/run/a", "g"},
      {"<guest xmlns='urn:noonmark:domain:1' address='h:7' group='g'/>", "h:7",
       "g"},
      {"<n:guest xmlns:n='urn:noonmark:domain:1' address='h:7'/>", "h:7", ""},
      {"<guest group='mail'/>", "", "mail"},
      {"<guest/>", "", ""},
      {"<guest></guest>", "", ""},
      {"<?xml version='1.0'?>\n<guest address='[::1]:7'/>\n", "[::1]:7", ""},
      {"<guest address='unix:/a&amp;&#x62;&lt;'/>", "unix:/a&b<", ""},
      {"<guest group='B\xc3\xbcro'/>", "", "B\xc3\xbcro"},
      // Not ours, or not yet.
      {"<guest address='h:7' colour='red'><more/>text</guest>", "h:7", ""},
      {"<guest x:address='h:8' address='h:7' xmlns:x='urn:x'/>", "h:7", ""},
      {"<guest xmlns='urn:other' address=''/>", "", ""},
      {"<x:other xmlns:x='urn:other'/>", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.xml);
    const Domain domain = ReadInto(c.xml);
    EXPECT_EQ(domain.address, c.address);
    EXPECT_EQ(domain.group, c.group);
    EXPECT_EQ(domain.metadata_error, "");
  }
}

TEST(DomainMetadataTest, SaysWhatIsMalformed) {
  const struct {
    const char* xml;
    const char* error;
  } cases[] = {
      {"", "not XML: "},
      {"hello", "not XML: Start tag expected"},
      {"<guest", "not XML: "},
      {"<guest address='h:7'>", "not XML: "},
      {"<guest address='h:7'></gast>", "not XML: Opening and ending tag"},
      {"<guest address='h:7' address='h:8'/>", "not XML: Attribute address"},
      {"<guest address='&nosuch;'/>", "not XML: Entity 'nosuch' not defined"},
      {"<guest/><guest/>", "not XML: Extra content"},
      {"<guest address='\xff'/>", "not XML: "},
      {"<guest address='&#0;'/>", "not XML: "},
      {"<guest xmlns='urn:\x7f\xff'/>", "not XML: "},
      {"<!DOCTYPE guest [<!ENTITY a 'h:7'>]><guest address='&a;'/>",
       "a document type is not allowed"},
      {"<!DOCTYPE guest SYSTEM 'http://127.0.0.1/x'><guest/>",
       "a document type is not allowed"},
      {"<gast address='h:7'/>", "the element must be <guest>, not <gast>"},
      {"<n:host xmlns:n='urn:noonmark:domain:1'/>",
       "the element must be <guest>, not <host>"},
      {"<guest address=''/>", "address is empty"},
      {"<guest address='h:7' group=''/>", "group is empty"},
      {"<guest address='h:7&#10;'/>", "address has a control character"},
      {"<guest group='a&#9;b'/>", "group has a control character"},
      {"<guest group='a&#x7f;'/>", "group has a control character"},
      {"<guest group='a&#x9b;31m'/>", "group has a control character"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.xml);
    const Domain domain = ReadInto(c.xml);
    EXPECT_EQ(domain.address, "");
    EXPECT_EQ(domain.group, "");
    EXPECT_THAT(domain.metadata_error, HasSubstr(c.error));
    for (const char letter : domain.metadata_error) {
      EXPECT_TRUE(absl::ascii_isprint(static_cast<unsigned char>(letter)));
    }
  }
}

TEST(DomainMetadataTest, RefusesValuesThatAreTooLong) {
  const auto with = [](size_t length) {
    return "<guest address='" + std::string(length, 'a') + "'/>";
  };
  EXPECT_EQ(ReadInto(with(256)).address, std::string(256, 'a'));
  EXPECT_EQ(ReadInto(with(257)).metadata_error,
            "address is longer than 256 bytes");
}

TEST(DomainMetadataTest, RefusesAnElementThatIsTooLong) {
  const std::string element = "<guest address='h:7'/>";
  const auto padded = [&](size_t size) {
    return element + std::string(size - element.size(), ' ');
  };
  EXPECT_EQ(ReadInto(padded(4096)).address, "h:7");
  EXPECT_EQ(ReadInto(padded(4097)).metadata_error, "longer than 4096 bytes");
}

TEST(DomainMetadataTest, BearsDeepNesting) {
  std::string deep = "<guest>";
  while (deep.size() < 4000) deep += "<a>";
  EXPECT_THAT(ReadInto(deep).metadata_error, HasSubstr("not XML: "));
}

TEST(DomainMetadataTest, BearsNulBytes) {
  EXPECT_THAT(
      ReadInto(std::string_view("<guest address='a\0b'/>", 22)).metadata_error,
      HasSubstr("not XML: "));
}

}  // namespace
}  // namespace noonmark
