#include "guest/machine_uuid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kXens[] = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";
constexpr char kFirmwares[] = "00112233-4455-6677-8899-aabbccddeeff";

class MachineUuidTest : public ::testing::Test {
 protected:
  void XenSays(const std::string& uuid) {
    std::filesystem::create_directories(machine_.Path("sys/hypervisor"));
    machine_.Write("sys/hypervisor/type", "xen\n");
    machine_.Write("sys/hypervisor/uuid", uuid + "\n");
  }
  void FirmwareSays(const std::string& uuid) {
    credentials_.Write("machine-uuid", uuid + "\n");
  }
  std::vector<std::string> Uuids() {
    return MachineUuids(machine_.path(), credentials_.path());
  }

  TemporaryDirectory machine_;
  TemporaryDirectory credentials_;
};

TEST_F(MachineUuidTest, IsXensWordBeforeTheFirmwares) {
  XenSays(kXens);
  FirmwareSays(kFirmwares);
  EXPECT_THAT(Uuids(), ElementsAre(kXens));
}

TEST_F(MachineUuidTest, IsTheFirmwaresInEitherOrderOfBytes) {
  FirmwareSays("00112233-4455-6677-8899-AABBCCDDEEFF");
  EXPECT_THAT(Uuids(),
              ElementsAre(kFirmwares, "33221100-5544-7766-8899-aabbccddeeff"));
}

TEST_F(MachineUuidTest, IsNothingWhereNobodySaysAnything) {
  EXPECT_THAT(Uuids(), IsEmpty());
  EXPECT_THAT(MachineUuids(machine_.path(), ""), IsEmpty());
  for (const char* const blank :
       {"unknown", "", "Not Settable", "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "00112233-4455-6677-8899-aabbccddeeff0"}) {
    FirmwareSays(blank);
    EXPECT_THAT(Uuids(), IsEmpty()) << blank;
  }
}

}  // namespace
}  // namespace noonmark
