#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rem {

/// An HTTP server on this machine for tests: one request a connection, each in a thread of its own where it is
/// `concurrent`, else one after the other. `answer` makes the whole response of a request; an empty one closes the
/// connection.
class HttpTestServer {
 public:
  struct Request {
    std::string head;  ///< Request line and headers.
    std::string body;
  };
  using Answer = std::function<std::string(const Request&)>;

  explicit HttpTestServer(Answer answer, bool concurrent = false)
      : answer_(std::move(answer)), concurrent_(concurrent) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0) std::abort();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~HttpTestServer() {
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (std::thread& thread : serving_) thread.join();
    close(listener_);
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  static std::string Response(int status, const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 " + std::to_string(status) +
           " x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" +
           body;
  }

 private:
  void Run() {
    while (!stopping_) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      const auto serve = [this, connection] {
        Serve(connection);
        close(connection);
      };
      if (concurrent_) {
        serving_.emplace_back(serve);
      } else {
        serve();
      }
    }
  }

  void Serve(int connection) {
    std::string bytes;
    size_t end = std::string::npos, length = 0;
    char buffer[4096];
    while (end == std::string::npos || bytes.size() < end + 4 + length) {
      const ssize_t got = read(connection, buffer, sizeof(buffer));
      if (got <= 0) return;
      bytes.append(buffer, static_cast<size_t>(got));
      if (end != std::string::npos) continue;
      end = bytes.find("\r\n\r\n");
      const size_t header = bytes.find("Content-Length: ");
      if (end != std::string::npos && header < end) length = std::strtoull(bytes.c_str() + header + 16, nullptr, 10);
    }
    const Request request{bytes.substr(0, end), bytes.substr(end + 4, length)};
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const std::string response = answer_(request);
    for (size_t sent = 0; sent < response.size();) {
      const ssize_t wrote = send(connection, response.data() + sent, response.size() - sent, MSG_NOSIGNAL);
      if (wrote <= 0) return;
      sent += static_cast<size_t>(wrote);
    }
  }

  const Answer answer_;
  const bool concurrent_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<std::thread> serving_;  // Of thread_ alone, until it has ended.
  std::thread thread_;
};

}  // namespace rem
