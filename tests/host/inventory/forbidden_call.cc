// Calls what must not be called: the check has to find it. Never linked.
extern "C" int virDomainGetTime(void* domain, long long* seconds,
                                unsigned* nanoseconds, unsigned flags);

int AskTheGuest(void* domain) {
  return virDomainGetTime(domain, nullptr, nullptr, 0);
}
