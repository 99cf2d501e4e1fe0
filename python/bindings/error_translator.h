#pragma once

#include <pybind11/pybind11.h>

#include <rem/error.h>

namespace rem::python {

/// Makes every rem::Error that leaves a binding the class of `rem_db.errors` that DescribeError names.
void RegisterErrorTranslator();

/// Sets the Python exception for `error`.
void SetPythonError(const Error& error);

/// [(name of the code, SQLSTATE, class in rem_db.errors)] of every error code.
pybind11::list ErrorTable();

}  // namespace rem::python
