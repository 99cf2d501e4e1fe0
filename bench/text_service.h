#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <rem/document.h>

namespace rem::bench {

/// An embedding service on this machine that takes the same time for each request, however many there are. Speaks
/// OpenAI's protocol; a vector holds a number that its text determines, and zeros.
class TextService {
 public:
  static constexpr int kDimension = 16;

  explicit TextService(int latency_ms) : latency_ms_(latency_ms) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0) std::abort();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { Accept(); });
  }
  ~TextService() {
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (std::thread& thread : serving_) thread.join();
    close(listener_);
  }
  TextService(const TextService&) = delete;
  TextService& operator=(const TextService&) = delete;

  std::string Provider(const std::string& model) const {
    return "openai-compatible:http://127.0.0.1:" + std::to_string(port_) + "/v1#" + model + "@" +
           std::to_string(kDimension);
  }
  /// The first number of a text's vector.
  static float First(std::string_view text) {
    uint32_t hash = 1;
    for (const char c : text) hash = (hash * 31 + static_cast<unsigned char>(c)) & 0xFFFFF;
    return static_cast<float>(hash);
  }

 private:
  void Accept() {
    while (!stopping_) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      const timeval look{0, 50'000};
      setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof(look));
      serving_.emplace_back([this, connection] {
        std::string bytes;
        while (Serve(connection, bytes)) {
        }
        close(connection);
      });
    }
  }

  // One request of a connection that is kept; what comes behind it stays in `bytes`.
  bool Serve(int connection, std::string& bytes) const {
    size_t head = std::string::npos, end = std::string::npos;
    char buffer[16384];
    while (bytes.size() < end) {
      const ssize_t got = read(connection, buffer, sizeof(buffer));
      if (got < 0 && errno == EAGAIN && !stopping_) continue;
      if (got <= 0) return false;
      bytes.append(buffer, static_cast<size_t>(got));
      head = bytes.find("\r\n\r\n");
      const size_t length = bytes.find("Content-Length: ");
      if (head != std::string::npos && length < head)
        end = head + 4 + std::strtoull(bytes.c_str() + length + 16, nullptr, 10);
    }
    const Document body = Document::FromJson(std::string_view(bytes).substr(head + 4, end - head - 4));
    bytes.erase(0, end);
    std::this_thread::sleep_for(std::chrono::milliseconds(latency_ms_));
    const DocumentView texts = *body.view().Find("input");
    std::string data;
    for (size_t i = 0; i < texts.size(); ++i) {
      data += (i == 0 ? "{\"embedding\": [" : ",{\"embedding\": [") +
              std::to_string(static_cast<uint32_t>(First(texts.At(i).AsText())));
      for (int d = 1; d < kDimension; ++d) data += ",0";
      data += "]}";
    }
    data = "{\"data\": [" + data + "]}";
    const std::string response = "HTTP/1.1 200 x\r\nContent-Length: " + std::to_string(data.size()) + "\r\n\r\n" + data;
    for (size_t sent = 0; sent < response.size();) {
      const ssize_t wrote = send(connection, response.data() + sent, response.size() - sent, MSG_NOSIGNAL);
      if (wrote <= 0) return false;
      sent += static_cast<size_t>(wrote);
    }
    return true;
  }

  const int latency_ms_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> serving_;  // Of accepting_ alone, until it has ended.
  std::thread accepting_;
};

}  // namespace rem::bench
