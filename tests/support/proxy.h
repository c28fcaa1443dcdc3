// A link that can be cut: passes bytes between a PostgreSQL client and the server's socket, and looks for COMMIT.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace etl::testing {

class Proxy {
 public:
  enum class Cut {
    never,
    before_commit,  // The server never hears of it.
    after_commit,   // The server has answered, the client never hears of it.
  };
  // Listens on a free port of this machine and cuts the link at the n-th COMMIT of all its connections; from then on
  // it passes everything.
  Proxy(std::string server_socket, Cut cut, int at_commit);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  int port() const { return port_; }
  int cuts() const { return cuts_; }

 private:
  void accept_clients();
  void serve(int client);
  // False when the link is to be closed now.
  bool pass_commit(const char* bytes, std::size_t size, int server);

  std::string server_socket_;
  Cut cut_;
  int at_commit_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> commits_{0};
  std::atomic<int> cuts_{0};
  std::atomic<bool> ending_{false};
  std::thread acceptor_;
  std::vector<std::thread> links_;
};

}  // namespace etl::testing
