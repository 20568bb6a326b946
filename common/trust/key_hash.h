#ifndef NOONMARK_COMMON_TRUST_KEY_HASH_H_
#define NOONMARK_COMMON_TRUST_KEY_HASH_H_

#include <array>
#include <cstdint>

namespace noonmark {

// SHA-256 of a public key as its certificate has it (SubjectPublicKeyInfo,
// DER): another certificate of the same key has the same one.
using KeyHash = std::array<uint8_t, 32>;

}  // namespace noonmark

#endif  // NOONMARK_COMMON_TRUST_KEY_HASH_H_
