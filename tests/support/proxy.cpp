#include "tests/support/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace etl::testing {

namespace {

int connect_to(const std::string& path) {
  const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return server;
  ::close(server);
  return -1;
}

bool send_all(int to, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(to, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

Proxy::Proxy(std::string server_socket, Cut cut, int at_commit)
    : server_socket_{std::move(server_socket)}, cut_{cut}, at_commit_{at_commit} {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error{"no port to listen on"};
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread{[this] { accept_clients(); }};
}

Proxy::~Proxy() {
  ending_ = true;
  acceptor_.join();
  for (std::thread& link : links_) link.join();
  ::close(listener_);
}

void Proxy::accept_clients() {
  while (!ending_) {
    pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 50) <= 0) continue;
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client >= 0) links_.emplace_back([this, client] { serve(client); });
  }
}

// A simple query "COMMIT" (protocol manual, section 55.7: 'Q', length, text, NUL).
bool Proxy::pass_commit(const char* bytes, std::size_t size, int server) {
  static constexpr std::string_view kCommit{"COMMIT\0", 7};
  const bool commits = std::string_view{bytes, size}.find(kCommit) != std::string_view::npos;
  if (!commits || cut_ == Cut::never || ++commits_ != at_commit_) return send_all(server, bytes, size);
  ++cuts_;
  if (cut_ == Cut::before_commit) return false;
  send_all(server, bytes, size);
  pollfd answer{.fd = server, .events = POLLIN, .revents = 0};
  ::poll(&answer, 1, 10'000);
  return false;
}

void Proxy::serve(int client) {
  const int server = connect_to(server_socket_);
  std::array<char, 65'536> buffer{};
  while (server >= 0 && !ending_) {
    std::array<pollfd, 2> ends = {pollfd{.fd = client, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = server, .events = POLLIN, .revents = 0}};
    if (::poll(ends.data(), ends.size(), 50) <= 0) continue;
    if (ends[0].revents != 0) {
      const ssize_t size = ::recv(client, buffer.data(), buffer.size(), 0);
      if (size <= 0 || !pass_commit(buffer.data(), static_cast<std::size_t>(size), server)) break;
    }
    if (ends[1].revents != 0) {
      const ssize_t size = ::recv(server, buffer.data(), buffer.size(), 0);
      if (size <= 0 || !send_all(client, buffer.data(), static_cast<std::size_t>(size))) break;
    }
  }
  if (server >= 0) ::close(server);
  ::close(client);
}

}  // namespace etl::testing
