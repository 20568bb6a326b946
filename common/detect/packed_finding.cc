#include "common/detect/packed_finding.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace noonmark {
namespace {

int64_t Pack(MonotonicTime t) { return absl::ToInt64Nanoseconds(t.Reading()); }

MonotonicTime Moment(int64_t ns) {
  return MonotonicTime::FromReading(absl::Nanoseconds(ns));
}

template <typename Small, typename Large>
Small Saturated(Large value) {
  return static_cast<Small>(
      std::min<Large>(value, std::numeric_limits<Small>::max()));
}

}  // namespace

std::string Cut(std::string_view text, size_t most) {
  if (text.size() > most) {
    while (most > 0 && (text[most] & 0xC0) == 0x80) --most;
    text = text.substr(0, most);
  }
  return std::string(text);
}

PackedFinding::Span::Span(absl::Duration d) {
  absl::Duration rest;
  int64_t seconds = absl::IDivDuration(d, absl::Seconds(1), &rest);
  if (rest < absl::ZeroDuration()) {
    rest += absl::Seconds(1);
    --seconds;
  }
  high = static_cast<uint32_t>(static_cast<uint64_t>(seconds) >> 32);
  low = static_cast<uint32_t>(static_cast<uint64_t>(seconds));
  quarters = static_cast<uint32_t>(absl::ToInt64Nanoseconds(rest * 4));
}

absl::Duration PackedFinding::Span::Get() const {
  const uint64_t seconds = (uint64_t{high} << 32) | low;
  return absl::Seconds(static_cast<int64_t>(seconds)) +
         absl::Nanoseconds(int64_t{quarters}) / 4;
}

PackedFinding::Text::Text(std::string_view text) {
  const auto size = Saturated<uint16_t>(text.size());
  if (size == 0) return;
  auto chars = std::make_unique<char[]>(sizeof(size) + size);
  std::memcpy(chars.get(), &size, sizeof(size));
  std::memcpy(chars.get() + sizeof(size), text.data(), size);
  chars_ = std::move(chars);
}

std::string_view PackedFinding::Text::Get() const {
  if (chars_ == nullptr) return {};
  uint16_t size = 0;
  std::memcpy(&size, chars_.get(), sizeof(size));
  return {chars_.get() + sizeof(size), size};
}

size_t PackedFinding::Text::HeapBytes() const {
  return chars_ == nullptr ? 0 : sizeof(uint16_t) + Get().size();
}

PackedFinding::Pair::Pair(const std::optional<Interval>& interval) {
  if (!interval.has_value()) return;
  lo = Span(interval->lo);
  hi = Span(interval->hi);
}

std::optional<Interval> PackedFinding::Pair::Get(bool present) const {
  if (!present) return std::nullopt;
  return Interval{lo.Get(), hi.Get()};
}

PackedFinding::PackedFinding(const Finding& finding)
    : size_(finding.size),
      before_(finding.before),
      after_(finding.after),
      code_(finding.code),
      severity_(finding.severity),
      active_(finding.active),
      alone_(finding.alone),
      has_size_(finding.size.has_value()),
      has_before_(finding.before.has_value()),
      has_after_(finding.after.has_value()),
      has_rate_(finding.rate.has_value()),
      listened_(finding.listened),
      alibi_(finding.alibi),
      set_alike_(finding.set_alike),
      on_old_(Saturated<uint8_t>(finding.on_old)),
      on_new_(Saturated<uint8_t>(finding.on_new)),
      on_neither_(Saturated<uint8_t>(finding.on_neither)),
      occurrences_(finding.occurrences),
      discontinuities_(Saturated<uint32_t>(finding.discontinuities)),
      first_seen_ns_(Pack(finding.first_seen)),
      last_seen_ns_(Pack(finding.last_seen)),
      window_begin_ns_(Pack(finding.window_begin)),
      window_end_ns_(Pack(finding.window_end)),
      ended_ns_(last_seen_ns_),
      rate_(finding.rate.value_or(RateInterval())),
      signature_(finding.signature),
      note_(finding.active ? finding.note : Cut(finding.note, kMostPastNote)),
      rare_(RareOf(finding)) {}

std::unique_ptr<const PackedFinding::Rare> PackedFinding::RareOf(
    const Finding& finding) {
  if (finding.glitch.has_value())
    return std::make_unique<Rare>(*finding.glitch);
  if (finding.pauses.has_value())
    return std::make_unique<Rare>(*finding.pauses);
  if (finding.move.has_value()) return std::make_unique<Rare>(*finding.move);
  return nullptr;
}

Finding PackedFinding::Unpack() const {
  Finding finding;
  finding.code = code_;
  finding.severity = severity_;
  finding.active = active_;
  finding.alone = alone_;
  finding.first_seen = Moment(first_seen_ns_);
  finding.last_seen = Moment(last_seen_ns_);
  finding.occurrences = occurrences_;
  finding.size = size_.Get(has_size_);
  finding.window_begin = Moment(window_begin_ns_);
  finding.window_end = Moment(window_end_ns_);
  finding.before = before_.Get(has_before_);
  finding.after = after_.Get(has_after_);
  finding.signature = signature_;
  if (has_rate_) finding.rate = rate_;
  finding.discontinuities = discontinuities_;
  finding.on_old = on_old_;
  finding.on_new = on_new_;
  finding.on_neither = on_neither_;
  finding.note = std::string(note_.Get());
  finding.listened = listened_;
  finding.alibi = alibi_;
  finding.set_alike = set_alike_;
  if (rare_ == nullptr) return finding;
  if (const auto* glitch = std::get_if<GlitchEvidence>(rare_.get())) {
    finding.glitch = *glitch;
  } else if (const auto* told = std::get_if<ToldPauses>(rare_.get())) {
    finding.pauses = *told;
  } else {
    finding.move = std::get<MoveEvidence>(*rare_);
  }
  return finding;
}

void PackedFinding::End(MonotonicTime now, bool moved) {
  active_ = false;
  ended_ns_ = Pack(now);
  if (!moved) last_seen_ns_ = ended_ns_;
  if (note_.Get().size() > kMostPastNote) {
    note_ = Text(Cut(note_.Get(), kMostPastNote));
  }
}

MonotonicTime PackedFinding::ended() const { return Moment(ended_ns_); }

bool PackedFinding::Before(const PackedFinding& other) const {
  if (active_ != other.active_) return active_;
  if (severity_ != other.severity_) return severity_ > other.severity_;
  return last_seen_ns_ > other.last_seen_ns_;
}

size_t PackedFinding::HeapBytes() const {
  return note_.HeapBytes() + (rare_ == nullptr ? 0 : sizeof(Rare));
}

}  // namespace noonmark
