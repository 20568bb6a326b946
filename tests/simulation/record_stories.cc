// Records the stories as noonmarkd would: see tests/host/trace/README.md.
//
//   record_stories FOLDER

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "host/trace/trace_file.h"
#include "tests/simulation/stories.h"

namespace noonmark::simulation {
namespace {

int Main(const std::string& folder) {
  for (const Story& story : AllStories()) {
    const std::string path = folder + "/" + story.name + ".trace";
    std::remove(path.c_str());
    absl::StatusOr<std::unique_ptr<TraceWriter>> writer = TraceWriter::Create(
        path, /*most_bytes=*/int64_t{1} << 20, story.options.monitor.host_name,
        NOONMARK_VERSION,
        {story.options.monitor.host, story.options.monitor.assessor});
    if (!writer.ok()) {
      std::cerr << writer.status().message() << "\n";
      return 1;
    }
    LiveStory(story, [&](const CoreInput& input) { (*writer)->Record(input); });
  }
  return 0;
}

}  // namespace
}  // namespace noonmark::simulation

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: record_stories FOLDER\n";
    return 2;
  }
  return noonmark::simulation::Main(argv[1]);
}
