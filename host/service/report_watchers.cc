#include "host/service/report_watchers.h"

#include "host/service/report.h"

namespace noonmark {

ReportWatchers::ReportWatchers(SnapshotBoard& board, Clock& clock)
    : clock_(clock),
      watchers_(board,
                "as many watch already as noonmarkd serves at once; "
                "ask for single reports") {}

grpc::ServerWriteReactor<v1::WatchReportResponse>* ReportWatchers::Add() {
  return watchers_.Add(
      [this](const HostSnapshot& latest, v1::WatchReportResponse& response) {
        response.Clear();
        FillReport(latest, clock_.Read(), *response.mutable_report());
        WatchWord word;
        word.tells = true;
        return word;
      });
}

}  // namespace noonmark
