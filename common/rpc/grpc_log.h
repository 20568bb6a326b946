#ifndef NOONMARK_COMMON_RPC_GRPC_LOG_H_
#define NOONMARK_COMMON_RPC_GRPC_LOG_H_

namespace noonmark {

// Brings what gRPC itself says to our log, as debug messages: what matters to a
// person comes as the status of a call, in one clear line of ours. Unless
// $GRPC_VERBOSITY is set, which means that somebody wants gRPC's own.
// Before anything else of gRPC.
void RouteGrpcLog();

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RPC_GRPC_LOG_H_
