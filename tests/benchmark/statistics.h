#ifndef NOONMARK_TESTS_BENCHMARK_STATISTICS_H_
#define NOONMARK_TESTS_BENCHMARK_STATISTICS_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace noonmark::benchmarks {

// The value that `percent` of all do not exceed; `values` is not empty.
inline double Percentile(std::vector<double> values, size_t percent) {
  const size_t at = (values.size() - 1) * percent / 100;
  std::nth_element(values.begin(), values.begin() + static_cast<long>(at),
                   values.end());
  return values[at];
}
inline double Median(const std::vector<double>& values) {
  return Percentile(values, 50);
}

}  // namespace noonmark::benchmarks

#endif  // NOONMARK_TESTS_BENCHMARK_STATISTICS_H_
