#include "tests/integration/trusted_fleet.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "noonmark/v1/agent.grpc.pb.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<grpc::ChannelCredentials> DialsWith(
    const std::string& own, const std::string& trusted) {
  namespace tls = grpc::experimental;
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(
      std::make_shared<tls::StaticDataCertificateProvider>(
          trusted, own.empty()
                       ? std::vector<tls::IdentityKeyCertPair>()
                       : std::vector<tls::IdentityKeyCertPair>{{own, own}}));
  options.watch_root_certs();
  if (!own.empty()) options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(
      std::make_shared<tls::NoOpCertificateVerifier>());
  options.set_check_call_host(false);
  return tls::TlsCredentials(options);
}

grpc::Status AskAgent(
    const std::string& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    std::chrono::seconds limit) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  const auto stub = v1::AgentService::NewStub(
      grpc::CreateCustomChannel("ipv4:" + address, credentials, arguments));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + limit);
  v1::DescribeResponse response;
  return stub->Describe(&context, {}, &response);
}

TrustedFleet::TrustedFleet(std::string fleet) {
  Pki({"init", std::move(fleet)});
}

void TrustedFleet::Pki(std::vector<std::string> words) const {
  words.insert(words.begin(), {Program("noonmark"), "pki"});
  words.insert(words.end(), {"--dir", directory_.Path("ca")});
  const Outcome outcome = RunProgram(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

std::shared_ptr<grpc::ChannelCredentials> TrustedFleet::As(
    const std::string& holder) const {
  return DialsWith(ReadText(Folder(holder) + "/client.pem"),
                   ReadText(directory_.Path("ca/ca.crt")));
}

NetworkAgent::NetworkAgent(const std::string& folder, const std::string& lines,
                           std::vector<std::string> within) {
  const std::string file = directory_.Write(
      "agent.toml",
      absl::StrCat("[agent]\nlisten = \"127.0.0.1:0\"\n", lines,
                   "[pki]\nfolder = \"", folder, "\"\nreload = \"1s\"\n",
                   "[hunter]\nenabled = false\n[watch]\nenabled = false\n"));
  within.insert(within.end(), {Program("noonmark-agent"), "--config", file});
  process_ = std::make_unique<ChildProcess>(std::move(within));
  const std::string line = process_->ReadLineWith("listening on ");
  address_ = line.substr(line.rfind(' ') + 1);
}

}  // namespace noonmark::testing
