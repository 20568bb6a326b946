#include "host/guests/agent_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace noonmark {

std::shared_ptr<grpc::Channel> OpenAgentChannel(
    const Address& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  constexpr int kMostMessageBytes = 64 * 1024;
  constexpr int kMostMetadataBytes = 4 * 1024;
  constexpr int kConnectMs = 5'000;

  grpc::ChannelArguments args;
  // Else channels to one address share a connection, and its fate.
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Environment variables would redirect the exchanges.
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  // A request that is sent again has a false T1.
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);

  args.SetMaxReceiveMessageSize(kMostMessageBytes);
  args.SetMaxSendMessageSize(kMostMessageBytes);
  args.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMostMetadataBytes);
  args.SetInt(GRPC_ARG_HTTP2_HPACK_TABLE_SIZE_DECODER, 0);
  args.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kMostMessageBytes);
  args.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  args.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);

  // Memory and time per guest that buys nothing here. The bandwidth probe sends
  // a ping beside the messages that it delays.
  args.SetInt(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0);
  args.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  args.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);

  // A link that failed is thrown away, its channel with it; until then gRPC
  // shall not try often.
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kConnectMs);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2 * kConnectMs);
  return grpc::CreateCustomChannel(
      address.ChannelTarget(),
      credentials != nullptr ? credentials : grpc::InsecureChannelCredentials(),
      args);
}

}  // namespace noonmark
