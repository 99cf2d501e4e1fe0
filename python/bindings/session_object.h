#pragma once

#include <memory>
#include <string>
#include <utility>

#include <pybind11/pybind11.h>

#include <rem/database.h>
#include <rem/error.h>

namespace rem::python {

/// A Database and one of its Sessions, for Python, until closed. Everything that touches the engine goes through Run().
class SessionObject {
 public:
  SessionObject(const OpenOptions& options, const std::string& tenant);

  const std::string& tenant() const { return tenant_; }
  bool closed() const { return !open_; }
  /// Calls that are running in other threads end normally: each keeps the database open until it returns.
  void Close();

  /// Calls work(session) without the GIL. Error(kClosed) after Close().
  template <typename Work>
  auto Run(Work&& work) {
    std::shared_ptr<Open> open = Get();
    const pybind11::gil_scoped_release release;
    // Goes out of scope before the GIL is taken again: the last owner closes the engine, which may take a while.
    const std::shared_ptr<Open> kept = std::move(open);
    return work(kept->session);
  }

  /// As Run, with the Database.
  template <typename Work>
  auto RunDatabase(Work&& work) {
    std::shared_ptr<Open> open = Get();
    const pybind11::gil_scoped_release release;
    const std::shared_ptr<Open> kept = std::move(open);
    return work(kept->database);
  }

 private:
  struct Open {
    Database database;
    Session session;
  };
  std::shared_ptr<Open> Get() const;

  std::string tenant_;
  std::shared_ptr<Open> open_;
};

void BindRecord(pybind11::module_& module);
void BindSession(pybind11::module_& module);
/// Adds what reads and writes records and answers queries.
void BindSessionRecords(pybind11::class_<SessionObject>& type);
void BindSessionQueries(pybind11::class_<SessionObject>& type);

}  // namespace rem::python
