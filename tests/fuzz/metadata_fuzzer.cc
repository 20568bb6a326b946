// A domain's metadata of any bytes: values within their limits, or an error.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/inventory/hypervisor.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ::noonmark::fuzz::HasControlCharacter;
  using ::noonmark::fuzz::Require;
  noonmark::Domain domain;
  noonmark::ReadDomainMetadata(
      std::string_view(reinterpret_cast<const char*>(data), size), domain);
  for (const std::string* value : {&domain.address, &domain.group}) {
    Require(value->size() <= 256, "values are short");
    Require(!HasControlCharacter(*value), "values can be printed");
    Require(domain.metadata_error.empty() || value->empty(),
            "an error leaves no value");
  }
  Require(!HasControlCharacter(domain.metadata_error), "errors can be printed");
  Require(domain.metadata_error.size() <= 8192, "errors are short");
  return 0;
}
