#include "common/detect/counter_clamp.h"

#include <gtest/gtest.h>

#include <string>

namespace noonmark {
namespace {

TEST(CounterClampTest, IsSaidOfNewX86KernelsOnTheTwoClocksources) {
  for (const char* release :
       {"6.1.0-18-amd64", "3.17", "3.17.0", "4.19.0+1", "10.0-rc1"}) {
    for (const char* source : {"tsc", "xen"}) {
      EXPECT_TRUE(ClampsBackwardReads("x86_64", release, source)) << release;
      EXPECT_TRUE(ClampsBackwardReads("i686", release, source)) << release;
    }
  }
}

TEST(CounterClampTest, IsNotSaidOfWhatIsNotKnown) {
  for (const char* release :
       {"", "3.16.0-4-amd64", "3", "3.", "2.6.32-5-xen-amd64", "six.1", "-3.17",
        "99999999999999999999.1", "3.99999999999999999999", "v6.1"}) {
    EXPECT_FALSE(ClampsBackwardReads("x86_64", release, "tsc")) << release;
  }
  for (const char* machine : {"", "aarch64", "ppc64le", "i786", "i6866"}) {
    EXPECT_FALSE(ClampsBackwardReads(machine, "6.1.0", "tsc")) << machine;
  }
  for (const char* source : {"", "hpet", "acpi_pm", "kvm-clock", "tsc-early"}) {
    EXPECT_FALSE(ClampsBackwardReads("x86_64", "6.1.0", source)) << source;
  }
}

}  // namespace
}  // namespace noonmark
