// Without any library but the C++ standard's: anchors run it too.
#include "runtime/anchor/tracking.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <sys/socket.h>
#include <tuple>
#include <unistd.h>

namespace weft::anchor {
namespace {

using Attributes = std::map<int, std::string_view>;
using Path = std::tuple<int, uint16_t, uint32_t, uint16_t>;  // Protocol, port; pod, target port.

// What matters of a tracked connection. Addresses and ports in the order of the network.
struct Connection {
  uint32_t service = 0;
  Path path;
  uint32_t status = 0;   // IPS_* of nf_conntrack_common.h.
  std::string original;  // The attribute CTA_TUPLE_ORIG, by which the kernel finds it.
};

// The attributes of a netlink message, or of one that holds others.
Attributes Parse(std::string_view bytes) {
  Attributes attributes;
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr head;
    memcpy(&head, bytes.data(), sizeof head);
    if (head.nla_len < sizeof head || head.nla_len > bytes.size()) break;
    attributes[head.nla_type & NLA_TYPE_MASK] = bytes.substr(NLA_HDRLEN, head.nla_len - NLA_HDRLEN);
    bytes.remove_prefix(std::min<size_t>(NLA_ALIGN(head.nla_len), bytes.size()));
  }
  return attributes;
}

template <typename Number>
Number Get(const Attributes& attributes, int type) {
  Number number{};
  const auto found = attributes.find(type);
  if (found != attributes.end() && found->second.size() == sizeof number)
    memcpy(&number, found->second.data(), sizeof number);
  return number;
}

Attributes Nested(const Attributes& attributes, int type) {
  const auto found = attributes.find(type);
  return found == attributes.end() ? Attributes{} : Parse(found->second);
}

void Append(std::string& message, int type, std::string_view value) {
  const nlattr head = {static_cast<uint16_t>(NLA_HDRLEN + value.size()),
                       static_cast<uint16_t>(type)};
  message.append(reinterpret_cast<const char*>(&head), sizeof head).append(value);
  message.resize(NLMSG_ALIGN(message.size()));
}

void AppendNumber(std::string& message, int type, uint32_t number) {
  const uint32_t value = htonl(number);
  Append(message, type, {reinterpret_cast<const char*>(&value), sizeof value});
}

Connection ReadConnection(std::string_view attributes_of_message) {
  const Attributes attributes = Parse(attributes_of_message);
  const Attributes to = Nested(attributes, CTA_TUPLE_ORIG),
                   from = Nested(attributes, CTA_TUPLE_REPLY);
  const Attributes to_protocol = Nested(to, CTA_TUPLE_PROTO);
  Connection c;
  c.service = Get<uint32_t>(Nested(to, CTA_TUPLE_IP), CTA_IP_V4_DST);
  c.path = {Get<uint8_t>(to_protocol, CTA_PROTO_NUM),
            Get<uint16_t>(to_protocol, CTA_PROTO_DST_PORT),
            Get<uint32_t>(Nested(from, CTA_TUPLE_IP), CTA_IP_V4_SRC),
            Get<uint16_t>(Nested(from, CTA_TUPLE_PROTO), CTA_PROTO_SRC_PORT)};
  c.status = ntohl(Get<uint32_t>(attributes, CTA_STATUS));
  const auto original = attributes.find(CTA_TUPLE_ORIG);
  if (original != attributes.end()) c.original = std::string(original->second);
  return c;
}

// A netlink socket for connection tracking.
class Tracking {
 public:
  Tracking() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER)) {}
  ~Tracking() { close(fd_); }
  Tracking(const Tracking&) = delete;
  Tracking& operator=(const Tracking&) = delete;

  // These return 0, or what went wrong: errno(3).
  int List(std::vector<Connection>& connections) {
    return Exchange(IPCTNL_MSG_CT_GET, NLM_F_DUMP, "", &connections);
  }

  int Forget(const Connection& c) {
    std::string message;
    Append(message, CTA_TUPLE_ORIG | NLA_F_NESTED, c.original);
    return IgnoreGone(Exchange(IPCTNL_MSG_CT_DELETE, NLM_F_ACK, message, nullptr));
  }

  // Whatever passes, it is forgotten after so many seconds.
  int ForgetAfter(const Connection& c, uint32_t seconds) {
    std::string message;
    Append(message, CTA_TUPLE_ORIG | NLA_F_NESTED, c.original);
    AppendNumber(message, CTA_TIMEOUT, seconds);
    AppendNumber(message, CTA_STATUS, c.status | IPS_FIXED_TIMEOUT);
    return IgnoreGone(Exchange(IPCTNL_MSG_CT_NEW, NLM_F_ACK, message, nullptr));
  }

 private:
  static int IgnoreGone(int error) { return error == ENOENT ? 0 : error; }

  // Sends one request and reads answers to its end.
  int Exchange(int type, int flags, std::string_view attributes,
               std::vector<Connection>* connections) {
    const nfgenmsg family = {AF_INET, NFNETLINK_V0, 0};
    nlmsghdr head = {};
    head.nlmsg_len = NLMSG_LENGTH(sizeof family) + attributes.size();
    head.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | type;
    head.nlmsg_flags = NLM_F_REQUEST | flags;
    std::string message(reinterpret_cast<const char*>(&head), sizeof head);
    message.append(reinterpret_cast<const char*>(&family), sizeof family).append(attributes);
    if (send(fd_, message.data(), message.size(), 0) < 0) return errno;
    for (;;) {
      alignas(nlmsghdr) char buffer[1 << 16];
      const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return errno;
      if (const auto end = ReadAnswers({buffer, static_cast<size_t>(size)}, connections))
        return *end;
    }
  }

  // The end of the answer, if it is among these messages.
  static std::optional<int> ReadAnswers(std::string_view bytes,
                                        std::vector<Connection>* connections) {
    nlmsghdr head;
    while (bytes.size() >= sizeof head) {
      memcpy(&head, bytes.data(), sizeof head);
      if (head.nlmsg_len < sizeof head || head.nlmsg_len > bytes.size()) break;
      const std::string_view body = bytes.substr(NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN);
      if (head.nlmsg_type == NLMSG_DONE) return 0;
      if (head.nlmsg_type == NLMSG_ERROR) {
        int error = -EBADMSG;
        if (body.size() >= sizeof error) memcpy(&error, body.data(), sizeof error);
        return -error;
      }
      if (connections != nullptr && body.size() >= sizeof(nfgenmsg))
        connections->push_back(ReadConnection(body.substr(NLMSG_ALIGN(sizeof(nfgenmsg)))));
      bytes.remove_prefix(std::min<size_t>(NLMSG_ALIGN(head.nlmsg_len), bytes.size()));
    }
    return std::nullopt;
  }

  const int fd_;
};

}  // namespace

int ForgetConnections(const std::string& address, const std::vector<Target>& targets,
                      uint32_t drain_seconds) {
  const uint32_t service = inet_addr(address.c_str());
  std::set<Path> current;
  for (const Target& target : targets)
    current.insert({target.protocol == "UDP" ? IPPROTO_UDP : IPPROTO_TCP,
                    htons(static_cast<uint16_t>(target.port)), inet_addr(target.pod.c_str()),
                    htons(static_cast<uint16_t>(target.pod_port))});
  Tracking tracking;
  std::vector<Connection> connections;
  if (const int error = tracking.List(connections); error != 0) return error;
  for (const Connection& c : connections) {
    // One that was refused for want of a target counts too: it would be refused for ever.
    if (c.service != service || current.count(c.path) > 0) continue;
    const bool drains = std::get<0>(c.path) == IPPROTO_TCP && (c.status & IPS_SEEN_REPLY) != 0;
    int error = 0;
    if (!drains)
      error = tracking.Forget(c);
    else if ((c.status & IPS_FIXED_TIMEOUT) == 0)
      error = tracking.ForgetAfter(c, drain_seconds);
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace weft::anchor
